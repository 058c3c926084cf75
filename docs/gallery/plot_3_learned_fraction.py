"""What a mask ratio teaches: the multi-scale picture
==================================================

The mean predictor scales the signal at eigenvalue :math:`s` by a learned fraction :math:`b_w(s)`
(:func:`ridgeless.learned_fraction`). Strong directions, which many features share, survive masks;
weak ones look like mask noise. A higher mask ratio therefore teaches coarser structure.
"""

import matplotlib.pyplot as plt
import numpy as np

import ridgeless as rl

spectrum = rl.Spectrum.power_law(1.0, dimension=1000)
ratios = np.array([0.05, 0.15, 0.5, 0.75, 0.9])
fractions = rl.learned_fraction(spectrum, ratios, aspect_ratio=0.5, rows="all")

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
colors = plt.cm.viridis(np.linspace(0, 0.85, ratios.size))
for ratio, fraction, color in zip(ratios, fractions, colors, strict=True):
    axes.plot(spectrum.eigenvalues, fraction, color=color, label=f"$p = {ratio:g}$")
axes.axhline(1, color="0.6", lw=0.8)
axes.set(xscale="log", xlabel="eigenvalue $s$", ylabel="learned fraction $b_w(s)$")
axes.legend(title="mask ratio")
axes.set_title("High mask ratios favour strong directions")

ALT = """Learned fraction against eigenvalue, on a logarithmic axis, for five mask ratios. All
curves rise and cross one at the mean eigenvalue, 1. The higher the mask ratio, the steeper: at
0.05 the fraction is near one everywhere, at 0.9 it goes from nearly zero at weak directions to
nine at the strongest."""

# %%
# Values above 1 are signal that masking inflates: what is seen must stand in for what is hidden.

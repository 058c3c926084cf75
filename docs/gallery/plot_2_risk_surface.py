"""The risk surface
================

Arguments of :func:`ridgeless.risk` broadcast like those of a NumPy function. A column of mask
ratios and a row of aspect ratios give the whole surface in one call. The white line is the best
mask ratio for each aspect ratio.
"""

import matplotlib.pyplot as plt
import numpy as np

import ridgeless as rl

spectrum = rl.Spectrum.power_law(1.0, dimension=1000)
gammas = np.geomspace(0.1, 10, 201)
ratios = np.linspace(0.01, 0.99, 197)
total = rl.risk(spectrum, ratios[:, None], aspect_ratio=gammas).total
best = ratios[np.argmin(total, axis=0)]

figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
mesh = axes.pcolormesh(gammas, ratios, np.log10(total), vmin=-1, vmax=1, cmap="viridis")
axes.plot(gammas, best, color="white", lw=2)
axes.set(xscale="log", xlabel=r"features per sample $\gamma = d/n$", ylabel="mask ratio $p$")
axes.set_title("Risk of predicting a masked feature")
figure.colorbar(mesh, label=r"$\log_{10}$ risk")

ALT = """A map of the risk over features per sample (logarithmic, 0.1 to 10) and mask ratio. A
bright ridge of high risk runs along mask ratio equal to features per sample. A white line, the
best mask ratio, starts at 0.3 above the ridge, jumps below it to 0.03 at 0.12 features per
sample, and rises to 0.34 at 10."""

# %%
# The bright ridge is the threshold :math:`p = \gamma`. The best ratio lies above it only where
# there are more than eight samples per feature. It then jumps below the ridge, and rises slowly
# as samples get fewer.

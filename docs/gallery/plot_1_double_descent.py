r"""Double descent along the mask ratio
===================================

A masked autoencoder learns a feature from the rows in which that feature is masked. With
:math:`n` samples and mask ratio :math:`p` these are :math:`pn` rows, for :math:`d` features. So
the mask ratio moves the interpolation threshold: at :math:`p = d/n` there are as many rows as
features, and the risk of min-norm regression is infinite. Beyond it lies a second valley, which
is the deeper one when samples are plenty enough, and shallow or none when they are not. The
aspect ratio is :math:`\gamma = d/n`.
"""

import matplotlib.pyplot as plt
import numpy as np

import ridgeless as rl

spectrum = rl.Spectrum.power_law(1.0, dimension=1000)
ratios = np.linspace(0.005, 0.995, 397)

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
colors = plt.cm.viridis([0.0, 0.3, 0.6, 0.85])
for gamma, color in zip([0.1, 0.2, 0.6, 2.0], colors, strict=True):
    total = rl.risk(spectrum, ratios, aspect_ratio=gamma).total
    axes.plot(ratios, total, color=color, label=rf"$\gamma = {gamma:g}$")
    if gamma < 1:
        axes.axvline(gamma, color=color, lw=0.8, ls=":")
axes.set(xlabel="mask ratio $p$", ylabel="risk", yscale="log", ylim=(0.1, 100), xlim=(0, 1))
axes.legend(title="features per sample")
axes.set_title("The peak sits where rows are as many as features")

ALT = """Risk against mask ratio, on a logarithmic axis, for four aspect ratios. For 0.1, 0.2 and
0.6 the risk diverges where the mask ratio equals the aspect ratio. The valley beyond the peak is
a little deeper than the one before it for 0.1, twice as high for 0.2, and far higher for 0.6. For
2 there is no peak: one valley at a mask ratio of 0.2 and a steady rise after it."""

# %%
# Dotted lines mark :math:`p = \gamma`. With :math:`\gamma > 1` no mask ratio yields enough rows
# to reach the threshold.

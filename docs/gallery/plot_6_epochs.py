r"""Fresh masks in every epoch
==========================

A sample that is masked anew in each of :math:`K` epochs gives :math:`K` rows. They share its
noise, but not its masks. More of them move the double-descent peak to :math:`pK = \gamma`, and
with fresh masks for ever masking becomes an ordinary ridge penalty: the peak is gone.
"""

import math

import matplotlib.pyplot as plt
import numpy as np

import ridgeless as rl

spectrum = rl.Spectrum.power_law(1.0, dimension=1000)
ratios = np.linspace(0.005, 0.995, 397)

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
epochs = [1, 2, 4, 16, math.inf]
colors = plt.cm.viridis(np.linspace(0, 0.9, len(epochs)))
for masks, color in zip(epochs, colors, strict=True):
    total = rl.risk(spectrum, ratios, aspect_ratio=2.0, masks_per_sample=masks).total
    axes.plot(ratios, total, color=color, label=str(masks).replace("inf", "for ever"))
axes.set(xlabel="mask ratio $p$", ylabel="risk", yscale="log", ylim=(0.2, 50), xlim=(0, 1))
axes.legend(title="epochs $K$")
axes.set_title("Two features per sample")

ALT = """Risk against mask ratio, on a logarithmic axis, for 1, 2, 4, 16 and infinitely many
epochs with fresh masks. With 4 and 16 epochs there is a peak at mask ratios of 0.5 and 0.125,
where the mask ratio times the epochs is two. With infinitely many epochs the curve is smooth and
lies lowest at every mask ratio."""

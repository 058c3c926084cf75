"""The best mask ratio against the number of samples
=================================================

:func:`ridgeless.optimal_mask_ratio` searches all of :math:`[0, 1]`, across the double-descent
peak. Here it is for masked features of three power laws, with one mask per sample and with fresh
masks for ever.
"""

import math

import matplotlib.pyplot as plt
import numpy as np

import ridgeless as rl

gammas = np.geomspace(0.1, 10, 25)
figure, panels = plt.subplots(1, 2, figsize=(8, 3.8), layout="constrained", sharey=True)
colors = plt.cm.viridis([0.0, 0.4, 0.8])
for axes, masks in zip(panels, (1, math.inf), strict=True):
    for exponent, color in zip((0.9, 1.0, 1.5), colors, strict=True):
        spectrum = rl.Spectrum.power_law(exponent, dimension=500)
        best = rl.optimal_mask_ratio(spectrum, aspect_ratio=gammas, masks_per_sample=masks)
        axes.plot(gammas, best.mask_ratio, color=color, label=rf"$s_i \propto i^{{-{exponent:g}}}$")
    axes.set(xscale="log", xlabel=r"features per sample $\gamma$", ylim=(0, 0.6))
panels[0].set(title="one mask per sample", ylabel="best mask ratio")
panels[1].set(title="fresh masks every epoch")
panels[1].legend()

ALT = """Two panels of the best mask ratio against features per sample, for three power laws. With
one mask per sample it jumps from 0.3 to 0.03 at 0.12 features per sample for the two flatter
laws, and then rises to between 0.29 and 0.37 at 10 for all. With fresh masks every epoch it rises
to a maximum near one to two features per sample, 0.23 for the flattest law and 0.06 for the
steepest, and falls to zero after it."""

# %%
# Between a mask per sample and fresh masks for ever lie many epochs: see
# :ref:`sphx_glr_auto_gallery_plot_6_epochs.py`.

"""Where a random mask ratio wins: predictors that see the ratio
=============================================================

A network can tell how much of its input is hidden and adapt. The smallest linear model of that
has coefficients that are polynomials in the mask ratio (:func:`ridgeless.ratio_aware_risk`).
Trained with a random ratio, it comes close, at every test ratio at once, to the best that a fixed
ratio reaches at that test ratio alone; a plain predictor cannot.
"""

import math

import matplotlib.pyplot as plt
import numpy as np

import ridgeless as rl

spectrum = rl.Spectrum.power_law(1.0, dimension=200)
tests = np.linspace(0.0, 0.9, 19)
setting = {"aspect_ratio": 0.1, "target": rl.LinearTarget(snr=4.0), "masks_per_sample": math.inf}

fixed = rl.risk(spectrum, np.linspace(0, 0.95, 96)[:, None], test_mask_ratio=tests, **setting)
law = rl.UniformRatio(0.0, 0.95)

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
axes.plot(tests, fixed.total.min(axis=0), color="black", lw=4, alpha=0.3,
          label="best fixed ratio for each test ratio")  # fmt: skip
colors = plt.cm.viridis([0.1, 0.5, 0.85])
for degree, color in zip((0, 1, 2), colors, strict=True):
    found = rl.ratio_aware_risk(spectrum, law, degree=degree, test_mask_ratio=tests, **setting)
    axes.plot(tests, found.total, color=color, label=f"random ratio, degree {degree}")
axes.set(xlabel="mask ratio of the test inputs", ylabel="risk", yscale="log")
axes.legend()
axes.set_title("Ten samples per feature, fresh masks every epoch")

ALT = """Risk against the mask ratio of test inputs on a logarithmic axis. A thick grey line is
the best fixed training ratio for each test ratio. A random ratio without adaptation (degree 0)
lies above it at small and at large test ratios; with degree 1 and 2 it lies on the grey line
except at test ratios below 0.1, where degree 2 is closer."""

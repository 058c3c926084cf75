"""A mask ratio for handwritten digits
===================================

:func:`ridgeless.recommend` estimates the spectrum from a table of data and minimises the risk.
Its interval says how far the estimate can be off because rows are few; its diagnostics say which
assumptions the data strain.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

import ridgeless as rl

pixels = load_digits().data
pixels = pixels[:, (pixels > 0).mean(axis=0) >= 0.1]  # those that are lit in a tenth of the images
advice = rl.recommend(pixels[:200], rng=0, replicates=10)
print(f"{advice.mask_ratio:.2f}, between {advice.interval[0]:.2f} and {advice.interval[1]:.2f}")
print(*advice.diagnostics, sep="\n")

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
error = np.asarray(advice.risk.prediction_error)
axes.plot(advice.curve_ratios, error, color="#0072B2", label="prediction error")
axes.axvspan(advice.low, advice.high, color="#0072B2", alpha=0.15, label="within 10% of the best")
axes.axvline(advice.mask_ratio, color="black", lw=1, label="recommended")
axes.set(xlabel="mask ratio $p$", ylabel="prediction error of a masked pixel", xlim=(0, 1))
axes.legend()
axes.set_title("200 images of 8 x 8 pixels, fresh masks every epoch")

ALT = """Predicted error of a masked pixel against mask ratio. The curve is flat at small mask
ratios and rises towards one. A vertical line marks the recommended ratio, and a band the ratios
whose risk is within ten percent of the best."""

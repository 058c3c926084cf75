"""A mask ratio for handwritten digits
===================================

:func:`ridgeless.recommend` measures the error of a linear learner on rows that it leaves out, at
every mask ratio. The band is two standard errors; the dashed line is what the mean costs.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

import ridgeless as rl

advice = rl.recommend(load_digits().data[:200], rng=0)
print(f"{advice.mask_ratio:.3f}, from {advice.low:.3f} to {advice.high:.3f}: {advice.verdict}")
print(*advice.diagnostics, sep="\n")

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
error, spread = advice.prediction_error, 2 * advice.standard_error
axes.plot(advice.curve_ratios, error, color="#0072B2", label="error on left-out images")
axes.fill_between(advice.curve_ratios, error - spread, error + spread, color="#0072B2", alpha=0.2)
axes.axhline(advice.null, color="0.4", ls="--", lw=1, label="predicting the mean")
axes.axvspan(advice.low, advice.high, color="#009E73", alpha=0.15, label="within 10% of the best")
axes.axvline(advice.mask_ratio, color="black", lw=1, label="recommended")
axes.set(xlabel="mask ratio $p$", ylabel="error, in units of variance", xlim=(0, 1), ylim=(0, 2))
axes.legend()
axes.set_title("200 images of 8 x 8 pixels, fresh masks every epoch")

ALT = """Error of a masked pixel on left-out images against mask ratio. The curve is flat at small
mask ratios and rises above the dashed line of predicting the mean towards one. A vertical line is
the recommended ratio, and a band the ratios whose error is within ten percent of the best."""

"""A random mask ratio (R2MAE) against fixed ones
==============================================

R2MAE draws the mask ratio itself at random: a law of ratios instead of a number. The same call
takes both. For one linear task and one mask per sample no law was ever found that beats the best
fixed ratio; what a law buys is that one need not know it.
"""

import matplotlib.pyplot as plt
import numpy as np

import ridgeless as rl

spectrum = rl.Spectrum.power_law(1.0, dimension=1000)
ratios = np.linspace(0.02, 0.98, 193)
laws = {
    "uniform 0.1 to 0.3": rl.UniformRatio(0.1, 0.3),
    "uniform 0.1 to 0.5": rl.UniformRatio(0.1, 0.5),
    "uniform 0.1 to 0.9": rl.UniformRatio(0.1, 0.9),
    "cosine schedule 0.8 to 0.2": rl.ScheduledRatio(0.8, 0.2, "cosine"),
}

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
axes.plot(ratios, rl.risk(spectrum, ratios, aspect_ratio=2.0).total, color="black", label="fixed")
colors = plt.cm.viridis([0.1, 0.4, 0.65, 0.9])
for (name, law), color in zip(laws.items(), colors, strict=True):
    low, high = law.nodes()[0].min(), law.nodes()[0].max()
    total = rl.risk(spectrum, law, aspect_ratio=2.0).total
    axes.plot([low, high], [total, total], color=color, lw=3, label=name)
axes.set(xlabel="mask ratio $p$", ylabel="risk", ylim=(0, 2.5), xlim=(0, 1))
axes.legend()
axes.set_title("Two features per sample")

ALT = """Risk against mask ratio: a black curve for fixed ratios with its minimum near 0.2, and
four horizontal bars for random ratios, each as wide as its range. The bar of the narrow law near
the minimum lies barely above the minimum; the wider the law reaches to high ratios, the higher
its bar."""

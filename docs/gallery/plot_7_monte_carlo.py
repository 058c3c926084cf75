"""Theory against Monte Carlo
==========================

A :class:`simulations.Problem` is what :func:`ridgeless.risk` is given, plus a number of features.
The theory and the simulation answer the same object. Two hundred features and a few trials are
enough to see the points on the line; ``python -m simulations sweep`` does this at length.
"""

import matplotlib.pyplot as plt
import numpy as np

import ridgeless as rl
from simulations import Problem, simulate_risks

target = rl.LinearTarget(snr=4.0)
spectrum = rl.Spectrum.power_law(0.7, dimension=200)
ratios = np.linspace(0.0, 0.9, 91)

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for gamma, color in ((0.25, "#0072B2"), (2.0, "#D55E00")):
    problems = [
        Problem(spectrum, ratio, aspect_ratio=gamma, target=target, dimension=200)
        for ratio in (0.1, 0.3, 0.5, 0.7)
    ]
    found = simulate_risks(problems, trials=8, rng=0)
    axes.plot(ratios, problems[0].theory(ratios).total, color=color, label=rf"$\gamma = {gamma:g}$")
    axes.errorbar(
        [0.1, 0.3, 0.5, 0.7],
        [estimate.mean for estimate in found],
        yerr=[2 * estimate.standard_error for estimate in found],
        fmt="o", color=color, capsize=3,
    )  # fmt: skip
axes.set(xlabel="mask ratio $p$", ylabel="risk", yscale="log")
axes.legend(title="features per sample")
axes.set_title("Lines: theory. Points: 8 trials with two standard errors")

ALT = """Risk against mask ratio on a logarithmic axis for a quarter of a feature and two features
per sample. The points from simulation lie on the two theory curves; most error bars are smaller
than the points."""

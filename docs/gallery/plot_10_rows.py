"""Any rows, any masks, any features
=================================

:func:`ridgeless.rows_risk` takes a table as it is, masks of any shape, features of any kind: here
one pixel of 8 x 8 digits from the other 63, by 150 images. Points are Monte Carlo: regressions on
images drawn without replacement, tested on the others. The last panel is the learning curve of one
table from a single fit, with nothing masked.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

import ridgeless as rl
from ridgeless.mask_shapes import named_shape
from ridgeless.rows.draws import Scheme, draw

rng = np.random.default_rng(0)
X = load_digits().data
X = rng.permutation((X - X.mean(axis=0)) / 6)
pixel, samples, ridge = 35, 150, 0.05
weights = rng.normal(size=(64, 100)) / 8


def relu(rows):
    return np.maximum(rows @ weights, 0) / 7


def gaussian(first, second):
    squares = (first**2).sum(1)[:, None] + (second**2).sum(1) - 2 * first @ second.T
    return np.exp(-squares / 64)


FEATURES = {"linear": {}, "100 random ReLU features": {"features": relu},
            "Gaussian kernel": {"kernel": gaussian, "population": 400}}  # fmt: skip
MASKS = {"independent": "independent", "2 x 2 blocks": "blocks:2x2", "columns": "tubes",
         "importance": "importance"}  # fmt: skip
RATIOS = np.array([0.1, 0.3, 0.5, 0.7])


def simulated(mask, ratio, features=None, kernel=None, trials=24):
    """Return the mean error of regressions on other images each time."""
    errors = []
    for seed in np.random.SeedSequence(1).spawn(trials):
        order = np.random.default_rng(seed).permutation(len(X))
        train, tests = X[order[:samples]].copy(), X[order[samples:]].copy()
        y, answers = train[:, pixel].copy(), tests[:, pixel].copy()
        named = mask if mask == "importance" else None
        labels = np.arange(64) if named else named_shape(mask, (8, 8)).units
        seen = draw(Scheme(named, labels), ratio, train, seed).inputs(train, "zero")
        seen[:, pixel] = tests[:, pixel] = 0
        if kernel:
            gram, cross = kernel(seen, seen), kernel(tests, seen)
        else:
            act = features or (lambda rows: rows)
            gram, cross = act(seen) @ act(seen).T, act(tests) @ act(seen).T
        found = cross @ np.linalg.solve(gram + samples * ridge * np.eye(samples), y)
        errors.append(np.mean((answers - found) ** 2))
    return np.mean(errors)


figure, axes = plt.subplots(1, 4, figsize=(13, 3.8), layout="constrained")
colours = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
for axis, (name, kind) in zip(axes, FEATURES.items(), strict=False):
    for (label, mask), colour in zip(MASKS.items(), colours, strict=True):
        found = rl.rows_risk(X, RATIOS, target=pixel, samples=samples, ridge=ridge, mask=mask,
                             replicates=2, rng=0, **{"population": 898, **kind})  # fmt: skip
        axis.plot(RATIOS, found.prediction_error, color=colour, label=label)
        low, high = (found.prediction_error + s * found.standard_error for s in (-1, 1))
        axis.fill_between(RATIOS, low, high, color=colour, alpha=0.12, lw=0)
        points = [
            simulated(mask, ratio, kind.get("features"), kind.get("kernel")) for ratio in RATIOS
        ]
        axis.plot(RATIOS, points, "o", color=colour, ms=4)
    axis.set(title=name, xlabel="mask ratio $p$", yscale="log", ylim=(0.3, 2.5))
    axis.set_yticks([0.4, 0.6, 1, 2], ["0.4", "0.6", "1", "2"])
    axis.set_yticks([], minor=True)
axes[0].set_ylabel("prediction error of the pixel")
axes[0].legend(frameon=False)

sizes = np.array([20, 40, 63, 90, 150, 300, 600, 1200])
others = np.delete(X, pixel, axis=1)
for level, colour in zip((0.001, 0.02), ("#E69F00", "#56B4E9"), strict=True):
    curve = rl.learning_curve(others, X[:, pixel], sizes, ridge=level)
    axes[3].plot(sizes, curve.prediction_error, color=colour, label=f"ridge {level:g}")
    points = []
    for n in sizes:
        errors = []
        for _ in range(24):
            order = rng.permutation(len(X))
            train, tests = others[order[:n]], others[order[n:]]
            gram = train.T @ train + n * level * np.eye(63)
            b = np.linalg.solve(gram, train.T @ X[order[:n], pixel])
            errors.append(np.mean((X[order[n:], pixel] - tests @ b) ** 2))
        points.append(np.mean(errors))
    axes[3].plot(sizes, points, "o", color=colour, ms=4)
axes[3].set(xscale="log", xlabel="images", title="nothing masked, linear")
axes[3].legend(frameon=False)

ALT = """Four panels of prediction errors of a pixel, theory as lines with bands of one standard
error, Monte Carlo as points on them. Three are against the mask ratio, for linear features, random
ReLU features and a Gaussian kernel, each with independent masks, blocks, columns and importance
masks; the last are clearly worst. The fourth shows two learning curves against the number of
images, with a peak where there are as many images as pixels if the ridge is small."""

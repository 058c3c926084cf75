"""Is the recommended mask ratio a good one on real rows? python docs/studies/recommend.py.

Rewrites the tables of docs/studies/recommend.md, its figure and its results.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from ridgeless.cli.files import replacing, write_text
from ridgeless.estimation.sample_spectrum import constant_columns
from simulations.populations import datasets
from simulations.running import pages
from simulations.running.intervals import standard_error
from simulations.running.style import COLOURS, STYLE
from simulations.trials.ridge import Gram, Ridge

__all__ = ["main"]

Array = NDArray[np.float64]
Labels = NDArray[np.intp]

DOCS = Path(__file__).parents[1]

CONSTANTS = (0.15, 0.75)
GRID = np.unique(np.round(np.append(np.geomspace(0.005, 0.1, 8), np.linspace(0.1, 1, 19)), 4))
PER_FEATURE = (0.7, 2.0, 5.0, 10.0)
LEAST_HELD_OUT, MOST_HELD_OUT = 50, 1500
ONE_MASK_COLUMNS = 4
LIMIT = 0.1
#: Small tables get more splits: their errors vary more, and cost less.
SMALL, MORE = 100, 4


class Case(NamedTuple):
    """A data set: its rows and the groups of its features."""

    name: str
    rows: Array
    labels: Labels


class Measured(NamedTuple):
    """One data set at one sample size: everything over splits (first axis)."""

    case: Case
    samples: int
    masks: float
    advised: Array  # shape (splits,)
    errors: Array  # shape (splits, GRID)
    at_advised: Array  # shape (splits,)
    at_constants: Array  # shape (splits, CONSTANTS)
    predicted: tuple[Array, Array]  # the curve of the first split
    diagnostics: tuple[str, ...]

    @property
    def best(self) -> int:
        """Where the mean error over splits is smallest."""
        return int(self.errors.mean(axis=0).argmin())

    def regret(self, errors: Array) -> tuple[float, float]:
        """Return by how much errors exceed those of the best ratio, with its standard error."""
        best = self.errors[:, self.best]
        gaps = (errors - best) / best.mean()
        return float(gaps.mean()), float(standard_error(gaps))

    @property
    def verdict(self) -> str:
        """Whether the recommended ratio is within the limit."""
        gap, error = self.regret(self.at_advised)
        if gap <= LIMIT:
            return "yes"
        return "NO" if gap - 2 * error > LIMIT else "by the error only"


def _mnist() -> Case:
    data = datasets.mnist()
    return Case("mnist", data.rows, np.arange(data.rows.shape[1]))


def _patches() -> Case:
    data = datasets.mnist()
    return Case("mnist, 4 x 4 patches", data.rows, np.array(data.patches(4, data.rows.shape[1])))


def _pbmc() -> Case:
    rows = datasets.pbmc().rows
    return Case("pbmc", rows, np.arange(rows.shape[1]))


def _some_genes() -> Case:
    rows = datasets.pbmc().rows
    chosen = np.random.default_rng(0).choice(rows.shape[1], 60, replace=False)
    return Case("pbmc, 60 genes", rows[:, chosen], np.arange(60))


def _sp500() -> Case:
    rows = datasets.sp500().rows
    return Case("sp500", rows, np.arange(rows.shape[1]))


def _digits() -> Case:
    rows = datasets.digits().rows
    return Case("digits", rows, np.arange(rows.shape[1]))


CASES: dict[str, Callable[[], Case]] = {
    "mnist": _mnist,
    "patches": _patches,
    "pbmc": _pbmc,
    "genes": _some_genes,
    "sp500": _sp500,
    "digits": _digits,
}
DEFAULT = ("mnist", "patches", "pbmc", "genes", "sp500")


class Split:
    """Training rows and held-out rows, in units of the training rows' standard deviations."""

    def __init__(self, case: Case, samples: int, rng: np.random.Generator) -> None:
        order = rng.permutation(case.rows.shape[0])
        self.given = case.rows[order[:samples]]
        live = ~constant_columns(self.given)
        self.labels = np.unique(case.labels[live], return_inverse=True)[1]
        train = self.given[:, live]
        held = case.rows[order[samples : samples + MOST_HELD_OUT]][:, live]
        mean, deviation = train.mean(axis=0), train.std(axis=0)
        self.train, self.held = (train - mean) / deviation, (held - mean) / deviation
        #: Errors count in shares of a feature's variance in the whole data set.
        self.unit = deviation**2
        self.columns = rng.choice(deviation.size, min(ONE_MASK_COLUMNS, deviation.size), False)
        self.rng = rng

    def every_mask(self, ratios: Array) -> Array:
        """Return prediction errors with infinitely many masks (eq-classes-K-inf), of all features.

        Regressing each feature on the other groups takes one inverse for all of them.
        """
        samples = self.train.shape[0]
        second = self.train.T @ self.train / samples
        blocks = np.where(self.labels[:, None] == self.labels, second, 0.0)
        members = [np.flatnonzero(self.labels == g) for g in range(self.labels.max() + 1)]
        errors = []
        for p in ratios:
            if p == 1:
                errors.append(self._error(self.held, self.unit))
                continue
            # A ridge that is nothing beside the masks' own keeps collinear patches apart.
            ridge = 1e-9 * np.eye(len(second))
            inverse = np.linalg.inv(second + p / (1 - p) * blocks + ridge)
            coefficients = np.empty_like(inverse)
            for own in members:
                coefficients[:, own] = -inverse[:, own] @ np.linalg.inv(inverse[np.ix_(own, own)])
                coefficients[np.ix_(own, own)] = 0.0
            missed = self.held - self.held @ coefficients / (1 - p)
            errors.append(self._error(missed, self.unit))
        return np.array(errors)

    def once(self, ratios: Array) -> Array:
        """Return prediction errors of min-norm regression with one mask per sample, of a few.

        Groups are not looked at.
        """
        errors = []
        for p in ratios:
            masked = self.rng.random(self.train.shape) < p
            rows = np.where(masked, 0.0, self.train)
            missed = []
            for j in self.columns:
                counted = masked[:, j]
                found = np.zeros(rows.shape[1])
                if counted.any():
                    regression = Ridge(Gram(rows[counted]), 0.0)
                    found = regression.coefficients(self.train[counted][:, [j]])[:, 0]
                missed.append(self.held[:, j] - self.held @ found)
            errors.append(self._error(np.stack(missed, axis=1), self.unit[self.columns]))
        return np.array(errors)

    @staticmethod
    def _error(missed: Array, unit: Array) -> float:
        return float(np.mean(missed**2 @ unit) / unit.size)


def measure(
    case: Case, per_feature: float, splits: int, rng: np.random.SeedSequence
) -> list[Measured]:
    """Return what the advice is worth, with infinitely many masks and with one."""
    samples = round(per_feature * case.rows.shape[1])
    asked: list[tuple[float, Array]] = []
    single: list[tuple[float, Array]] = []
    grouped = len(np.unique(case.labels)) < case.labels.size
    advice = None
    for seed in rng.spawn(splits):
        generator = np.random.default_rng(seed)
        split = Split(case, samples, generator)
        found = rl.recommend(
            split.given, groups=case.labels if grouped else None, replicates=1, rng=generator
        )
        advice = advice or found
        for advised, errors, into in (
            (found.mask_ratio, split.every_mask, asked),
            (float(found.one_mask.mask_ratio), split.once, single),
        ):
            if not (grouped and into is single):
                into.append((advised, errors(np.append(GRID, [*CONSTANTS, advised]))))
    assert advice is not None
    once = rl.risk(advice.spectrum, GRID, aspect_ratio=advice.aspect_ratio)
    curves: list[tuple[Array, Array]] = [
        (advice.curve_ratios, np.asarray(advice.risk.prediction_error)),
        (np.array(GRID), np.asarray(once.prediction_error)),
    ]
    out = []
    for masks, pairs, curve in zip((np.inf, 1.0), (asked, single), curves, strict=True):
        if pairs:
            table = np.stack([errors for _, errors in pairs])
            out.append(
                Measured(
                    case,
                    samples,
                    masks,
                    advised=np.array([ratio for ratio, _ in pairs]),
                    errors=table[:, : GRID.size],
                    at_advised=table[:, -1],
                    at_constants=table[:, GRID.size : -1],
                    predicted=curve,
                    diagnostics=advice.diagnostics,
                )
            )
    return out


def summary(measured: Sequence[Measured]) -> str:
    """Return one line for each data set and sample size, in Markdown."""
    constants = [f"at {p:g}" for p in CONSTANTS]
    head = ["data", "d", "n/d", "recommended", "best measured", "error at best",
            "recommended, above best", *constants, "within 10%"]  # fmt: skip
    lines = []
    for m in measured:
        low, high = m.advised.min(), m.advised.max()
        columns = [m.at_advised, *m.at_constants.T]
        gaps = ["{:+.1%} ± {:.1%}".format(*m.regret(column)) for column in columns]
        lines.append(
            [
                m.case.name,
                str(m.case.rows.shape[1]),
                f"{m.samples / m.case.rows.shape[1]:.1f}",
                f"{low:.3f} to {high:.3f}",
                f"{GRID[m.best]:g}",
                f"{m.errors[:, m.best].mean():.3g}",
                *gaps,
                m.verdict,
            ]
        )
    return pages.table(head, lines)


def said(measured: Sequence[Measured]) -> str:
    """Return the diagnostics of the first split, with the sample sizes that have them."""
    sizes: dict[str, dict[str, list[str]]] = {}
    for m in measured:
        for sentence in m.diagnostics or ("Nothing.",):
            own = sizes.setdefault(m.case.name, {}).setdefault(sentence, [])
            own.append(f"{m.samples / m.case.rows.shape[1]:.1f}")
    lines = [
        f"- {name}, n/d = {', '.join(own)}: {sentence}"
        for name, sentences in sizes.items()
        for sentence, own in sentences.items()
    ]
    return "\n".join(lines)


def write_results(measured: Sequence[Measured], path: Path) -> None:
    """Write every measured error as CSV."""
    lines = ["data,features,samples,masks_per_sample,mask_ratio,error,standard_error"]
    for m in measured:
        spread = standard_error(m.errors)
        for ratio, error, width in zip(GRID, m.errors.mean(axis=0), spread, strict=True):
            name = m.case.name.replace(",", "")
            start = f"{name},{m.case.rows.shape[1]},{m.samples},{m.masks:g}"
            lines.append(f"{start},{ratio:g},{error:.6g},{width:.2g}")
    write_text(path, "\n".join(lines) + "\n")


def draw(measured: Sequence[Measured], path: Path) -> None:
    """Draw a panel per data set: error against mask ratio with infinitely many masks."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    every_mask = [m for m in measured if np.isinf(m.masks)]
    names = list(dict.fromkeys(m.case.name for m in every_mask))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11, 7.2), layout="constrained")
        axes = figure.subplots(2, 3)
        for axis, name in zip(axes.flat, names, strict=False):
            own = [m for m in every_mask if m.case.name == name]
            for m in own:
                _draw_curve(axis, m)
            axis.set(xlabel="mask ratio", ylabel="prediction error", xlim=(0, 1.03))
            axis.set_title(f"{name} ($d = {own[0].case.rows.shape[1]}$)")
            lowest = min(min(m.errors.mean(axis=0).min(), m.predicted[1].min()) for m in own)
            axis.set_ylim(0.9 * lowest, min(1.6, 5 * lowest))
        for axis in axes.flat[len(names) :]:
            axis.axis("off")
        key = axes.flat[-1]
        if len(names) < axes.size:
            key.plot([], [], color="0.3", label="measured on held-out rows")
            key.plot([], [], color="0.3", linestyle=":", label="predicted from the training rows")
            key.plot([], [], "v", color="0.3", label="recommended (each split)")
            for number, value in enumerate(PER_FEATURE):
                key.plot([], [], color=COLOURS[number], label=f"n/d = {value:g}")
            key.legend(loc="center")
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=130)


def _draw_curve(axis: Any, m: Measured) -> None:
    ratio = m.samples / m.case.rows.shape[1]
    colour = COLOURS[int(np.argmin(np.abs(np.array(PER_FEATURE) - ratio)))]
    mean = m.errors.mean(axis=0)
    spread = 2 * standard_error(m.errors)
    below = GRID < 1  # at 1 the predictor jumps to the mean
    axis.plot(GRID[below], mean[below], color=colour)
    band = (mean - spread)[below], (mean + spread)[below]
    axis.fill_between(GRID[below], *band, color=colour, alpha=0.2, lw=0)
    axis.plot(*m.predicted, color=colour, linestyle=":")
    heights = np.interp(m.advised, GRID, mean)
    axis.plot(m.advised, heights, "v", color=colour, markersize=6)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, draw and rewrite the page."""
    parser = argparse.ArgumentParser(prog="python docs/studies/recommend.py", description=__doc__)
    parser.add_argument("--datasets", nargs="*", choices=list(CASES), default=list(DEFAULT))
    parser.add_argument("--per-feature", nargs="*", type=float, default=list(PER_FEATURE))
    parser.add_argument("--splits", type=int, default=8)
    parser.add_argument("--quick", action="store_true", help="digits only, one sample size")
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of the page and the figure")
    options = parser.parse_args(arguments)
    if options.quick:
        options.datasets, options.per_feature, options.splits = ["digits"], [5.0], 2
    measured: list[Measured] = []
    for name in options.datasets:
        case = CASES[name]()
        for per_feature in options.per_feature:
            if round(per_feature * case.rows.shape[1]) + LEAST_HELD_OUT <= len(case.rows):
                splits = options.splits * (MORE if case.rows.shape[1] < SMALL else 1)
                found = measure(case, per_feature, splits, np.random.SeedSequence(0))
                print(summary(found).split("\n", 2)[2], flush=True)
                measured += found
    every_mask = [m for m in measured if np.isinf(m.masks)]
    single = [m for m in measured if not np.isinf(m.masks)]
    write_results(measured, options.docs / "results" / "recommend.csv")
    draw(measured, options.docs / "figures" / "recommend.png")
    page = options.docs / "studies" / "recommend.md"
    text = (
        f"Infinitely many masks:\n\n{summary(every_mask)}\n\nOne mask per sample:\n\n"
        f"{summary(single)}\n\nWhat `recommend` says about the data:\n\n{said(every_mask)}"
    )
    pages.rewrite(page, text)


if __name__ == "__main__":
    main()

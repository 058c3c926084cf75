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
from recommend_tables import TABLES, load

import ridgeless as rl
from ridgeless.cli.files import replacing, write_text
from simulations.running import pages
from simulations.running.style import COLOURS, STYLE

__all__ = ["main"]

Array = NDArray[np.float64]

DOCS = Path(__file__).parents[1]

SIZES = (25, 50, 100, 200, 400, 1000)
#: Sizes of one table, spread over those that leave enough rows held out.
MOST_SIZES = 3
LEAST_HELD_OUT, MOST_HELD_OUT = 15, 1000
CONSTANTS = (0.15, 0.5, 0.75)
METHODS = ("rows left out", "spectrum (0.1.0)", "1/d", *(f"{p:g}" for p in CONSTANTS))
FEW = 40  # rows, below which errors are told apart


class Measured(NamedTuple):
    """One split of a table: what was advised, and what held-out rows say of it."""

    table: str
    features: int
    samples: int
    verdict: str
    ratios: dict[str, float]  # by method
    regrets: dict[str, float]
    best: float  # ratio of smallest held-out error
    predicted: float  # error that recommend expects at its ratio, beside that of the mean
    held_out: float  # the same on held-out rows


class Split:
    """Training rows and held-out rows, in units of the training rows' standard deviations."""

    def __init__(self, train: Array, held: Array) -> None:
        mean, deviation = train.mean(axis=0), train.std(axis=0)
        self.train, self.held = (train - mean) / deviation, (held - mean) / deviation
        self.null = float(np.mean(self.held**2))

    def every_mask(self, ratios: Array) -> Array:
        """Return prediction errors with infinitely many masks (eq-classes-K-inf), of all features.

        Regressing each feature on the others takes one inverse for all of them. They are shares of
        the error of predicting the mean, which is that at ratio 1.
        """
        second = self.train.T @ self.train / len(self.train)
        errors = []
        for p in ratios:
            if p == 1:
                errors.append(1.0)
                continue
            # A penalty that is nothing beside the masks own keeps copies apart.
            inverse = np.linalg.inv(second + (p / (1 - p) + 1e-9) * np.eye(len(second)))
            coefficients = -inverse / inverse.diagonal()
            np.fill_diagonal(coefficients, 0.0)
            missed = self.held - self.held @ coefficients / (1 - p)
            errors.append(float(np.mean(missed**2)) / self.null)
        return np.array(errors)


def split_of(name: str, rows: Array, samples: int, rng: np.random.Generator) -> Measured:
    """Ask for advice on some rows, and measure it on others."""
    order = rng.permutation(len(rows))
    train, held = rows[order[:samples]], rows[order[samples:]][:MOST_HELD_OUT]
    advice = rl.recommend(train, rng=rng)
    used = np.array(list(advice.per_target))
    train, held = train[:, used], held[:, used]
    split = Split(train, held)
    d = used.size
    spectrum = rl.Spectrum.from_data(train)
    old = rl.optimal_mask_ratio(spectrum, aspect_ratio=d / samples, masks_per_sample=np.inf)
    asked_for = [advice.mask_ratio, float(np.asarray(old.mask_ratio)), 1 / d, *CONSTANTS]
    ratios = dict(zip(METHODS, asked_for, strict=True))
    asked = np.array(list(ratios.values()))
    grid = advice.curve_ratios
    errors = split.every_mask(np.concatenate((grid, [1.0], asked)))
    curve, at = errors[: grid.size + 1], errors[grid.size + 1 :]
    best = int(curve.argmin())
    return Measured(
        name,
        d,
        samples,
        advice.verdict,
        ratios,
        dict(zip(METHODS, (at / curve[best] - 1).tolist(), strict=True)),
        float(np.append(grid, 1.0)[best]),
        advice.error / advice.null,
        float(at[0]),
    )


def measure(name: str, splits: int, sizes: int, rng: np.random.SeedSequence) -> list[Measured]:
    """Return splits of a table at some sample sizes."""
    rows = load(name)
    fitting = [n for n in SIZES if n + LEAST_HELD_OUT <= len(rows)]
    fitting = fitting or [len(rows) * 2 // 3]
    some = np.unique(np.linspace(0, len(fitting) - 1, min(sizes, len(fitting))).round().astype(int))
    found = []
    for samples in (fitting[k] for k in some):
        for seed in rng.spawn(splits):
            found.append(split_of(name, rows, samples, np.random.default_rng(seed)))
    return found


def shuffled(name: str, rng: np.random.Generator) -> tuple[str, bool]:
    """Return the verdict on a table whose columns were shuffled apart, and whether it alarms."""
    rows = load(name)[:400]
    rows = np.stack([rng.permutation(column) for column in rows.T], axis=1)
    advice = rl.recommend(rows, rng=rng)
    alarm = any("copies" in x or "Neighbouring" in x for x in advice.diagnostics)
    return advice.verdict, alarm


def cases(measured: Sequence[Measured]) -> list[list[Measured]]:
    """Return the splits of each table and sample size."""
    keys = dict.fromkeys((m.table, m.samples) for m in measured)
    return [[m for m in measured if (m.table, m.samples) == key] for key in keys]


def regret(case: Sequence[Measured], method: str) -> float:
    """Return the mean regret of a method over splits of a case."""
    return float(np.mean([m.regrets[method] for m in case]))


def ratio(case: Sequence[Measured]) -> float:
    """Return predicted over held-out error, means over splits."""
    return float(np.mean([m.predicted for m in case]) / np.mean([m.held_out for m in case]))


def regrets(measured: Sequence[Measured]) -> str:
    """Return the table of regrets by method, in Markdown."""
    found = cases(measured)
    lines = []
    for method in METHODS:
        values = np.array([regret(case, method) for case in found])
        lines.append([
            method, *(f"{x:+.1%}" for x in (np.median(values), np.quantile(values, 0.9),
                                             values.max())),
            str(int(np.sum(values > 0.1))),
        ])  # fmt: skip
    head = ["ratio", "median", "90%", "worst", f"of {len(found)} cases above 10%"]
    return pages.table(head, lines)


def calibration(measured: Sequence[Measured]) -> str:
    """Return quantiles of predicted over held-out error, in Markdown."""
    found = cases(measured)
    lines = []
    for what, some in (
        ("all", found),
        (f"n >= {FEW}", [case for case in found if case[0].samples >= FEW]),
    ):
        values = np.array([ratio(case) for case in some])
        if values.size:
            low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
            lines.append([what, str(values.size), f"{middle:.2f}", f"{low:.2f}", f"{high:.2f}"])
    return pages.table(["rows", "cases", "median", "5%", "95%"], lines)


def summary(measured: Sequence[Measured]) -> str:
    """Return one line for each table and sample size, in Markdown."""
    head = ["table", "d", "n", "recommended", "best", "error there", *METHODS,
            "predicted / held out", "verdicts"]  # fmt: skip
    lines = []
    for case in cases(measured):
        first = case[0]
        advised = [m.ratios[METHODS[0]] for m in case]
        verdicts = dict.fromkeys(m.verdict for m in case)
        lines.append([
            first.table, str(first.features), str(first.samples),
            f"{min(advised):.3g} to {max(advised):.3g}", f"{np.median([m.best for m in case]):.3g}",
            f"{np.mean([m.held_out for m in case]):.3g}",
            *(f"{regret(case, method):+.1%}" for method in METHODS),
            f"{ratio(case):.2f}", ", ".join(verdicts),
        ])  # fmt: skip
    return pages.table(head, lines)


def _series(rng: np.random.Generator, rho: float, samples: int, columns: int) -> Array:
    rows = np.zeros((samples + 300, columns))
    noise = rng.normal(size=rows.shape) * np.sqrt(1 - rho**2)
    for t in range(1, len(rows)):
        rows[t] = rho * rows[t - 1] + noise[t]
    return rows[300:]


def _slow(rng: np.random.Generator) -> tuple[Array, Array]:
    return _series(rng, 0.98, 400, 100), _series(rng, 0.98, 4000, 100)


def _factors(rng: np.random.Generator) -> tuple[Array, Array]:
    loads = 0.5 * rng.normal(size=(5, 60))
    found = [_series(rng, 0.9, n, 5) @ loads + _series(rng, 0.9, n, 60) for n in (300, 8000)]
    return found[0], found[1]


def _copies(rng: np.random.Generator) -> tuple[Array, Array]:
    loads = 0.5 * rng.normal(size=(5, 100))
    found = [rng.normal(size=(n, 5)) @ loads + rng.normal(size=(n, 100)) for n in (200, 3000)]
    return np.repeat(found[0], 5, axis=0), found[1]


def _collinear(rng: np.random.Generator) -> tuple[Array, Array]:
    loads = 0.5 * rng.normal(size=(5, 60))
    found = [rng.normal(size=(n, 5)) @ loads + rng.normal(size=(n, 60)) for n in (100, 3000)]
    return np.c_[found[0], found[0][:, 0]], np.c_[found[1], found[1][:, 0]]


HARD: dict[str, Callable[[np.random.Generator], tuple[Array, Array]]] = {
    "AR(.98) columns, 400 x 100": _slow,
    "AR(.9) factors and noise, 300 x 60": _factors,
    "rows five times, 1000 x 100": _copies,
    "a column twice, 100 x 61": _collinear,
}


def hard(draws: int) -> str:
    """Return what is said of dependent rows and columns beside what fresh rows show."""
    lines = []
    for name, draw in HARD.items():
        found = []
        for seed in range(draws):
            train, fresh = draw(np.random.default_rng(seed))
            deviation = train.std(axis=0, ddof=1)
            split = Split(train, fresh)
            # In units of the training rows' variance, as recommend's.
            unit = float(np.mean(((fresh - train.mean(axis=0)) / deviation) ** 2))
            row = []
            for look in (False, True):
                advice = rl.recommend(train, dependence=look, rng=0)
                curve = split.every_mask(np.append(advice.curve_ratios, [1.0, advice.mask_ratio]))
                row += [advice.mask_ratio, advice.error, unit * curve[-1]]
            found.append([*row, unit * curve[:-1].min()])
        p, says, true, p2, says2, true2, best = np.mean(found, axis=0)
        lines.append([name, f"{p:.3f}, {says:.2f}, {true:.2f}", f"{p2:.3f}, {says2:.2f}, "
                      f"{true2:.2f}", f"{best:.2f}"])  # fmt: skip
    head = ["rows", "one by one: ratio, says, fresh rows", "together: ratio, says, fresh rows",
            "best"]  # fmt: skip
    return pages.table(head, lines)


def write_results(measured: Sequence[Measured], path: Path) -> None:
    """Write every split as CSV."""
    lines = ["table,features,samples,verdict,best,predicted,held_out,"
             + ",".join(f"ratio: {m},regret: {m}" for m in METHODS)]  # fmt: skip
    for m in measured:
        pairs = ",".join(f"{m.ratios[x]:.5g},{m.regrets[x]:.5g}" for x in METHODS)
        lines.append(f"{m.table},{m.features},{m.samples},{m.verdict},{m.best:.5g},"
                     f"{m.predicted:.5g},{m.held_out:.5g},{pairs}")  # fmt: skip
    write_text(path, "\n".join(lines) + "\n")


def draw(measured: Sequence[Measured], path: Path) -> None:
    """Draw regrets by method, and predicted beside held-out errors."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    found = cases(measured)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        for number, method in enumerate(METHODS):
            values = np.sort([max(regret(case, method), 1e-4) for case in found])
            shares = (np.arange(values.size) + 1) / values.size
            left.step(shares, values, where="pre", color=COLOURS[number], label=method)
        left.set(xlabel="share of the cases", ylabel="error above the best", yscale="log",
                 xlim=(0, 1), ylim=(1e-4, 20))  # fmt: skip
        left.legend()
        for few, colour in ((True, "0.6"), (False, COLOURS[0])):
            some = [case for case in found if (case[0].samples < FEW) == few]
            x = [np.mean([m.held_out for m in case]) for case in some]
            y = [np.mean([m.predicted for m in case]) for case in some]
            label = f"n {'<' if few else '>='} {FEW}"
            right.plot(x, y, "o", color=colour, ms=4, label=label)
        limits: Any = (5e-4, 1.5)
        right.plot(limits, limits, color="0.3", lw=1)
        right.set(xlabel="error on held-out rows", ylabel="error that recommend expects",
                  xscale="log", yscale="log", xlim=limits, ylim=limits)  # fmt: skip
        right.legend()
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=130)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, draw and rewrite the page."""
    parser = argparse.ArgumentParser(prog="python docs/studies/recommend.py", description=__doc__)
    parser.add_argument("--tables", nargs="*", choices=list(TABLES), default=list(TABLES))
    parser.add_argument("--splits", type=int, default=8)
    parser.add_argument("--sizes", type=int, default=MOST_SIZES)
    parser.add_argument("--draws", type=int, default=6, help="of dependent rows")
    parser.add_argument("--quick", action="store_true", help="three tables, two splits")
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of the page and the figure")
    options = parser.parse_args(arguments)
    if options.quick:
        options.tables, options.splits, options.sizes = ["diabetes", "digits"], 2, 2
        options.draws = 1
    measured: list[Measured] = []
    verdicts, alarms = [], 0
    for name in options.tables:
        own = measure(name, options.splits, options.sizes, np.random.SeedSequence(0))
        print(summary(own).split("\n", 2)[2], flush=True)
        measured += own
        verdict, alarm = shuffled(name, np.random.default_rng(1))
        verdicts.append(verdict)
        alarms += alarm
    nothing = verdicts.count("nothing to learn")
    page = options.docs / "studies" / "recommend.md"
    write_results(measured, options.docs / "results" / "recommend.csv")
    draw(measured, options.docs / "figures" / "recommend.png")
    text = (
        f"Error above that of the best ratio, {len(options.tables)} tables:\n\n{regrets(measured)}"
        f"\n\nExpected over held-out error at the recommended ratio:\n\n{calibration(measured)}\n\n"
        f"Tables whose columns were shuffled apart: {nothing} of {len(verdicts)} are said to have "
        f"nothing to learn, and {alarms} raise an alarm about their rows.\n\n"
        f"Dependent rows, and a column twice (errors in units of variance):\n\n"
        f"{hard(options.draws)}\n\nEvery table and sample size:\n\n{summary(measured)}"
    )
    pages.rewrite(page, text)


if __name__ == "__main__":
    main()

"""Theory for real rows beside Monte Carlo on them: python docs/studies/rows.py.

Rewrites the tables of docs/studies/rows.md and its figure, in some five minutes on two cores.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from ridgeless.cli.files import replacing
from ridgeless.quantiles import quantized
from ridgeless.rows.importance import important
from ridgeless.rows.replicates import standard_error
from simulations.populations import catalogue, datasets, sources
from simulations.running import pages
from simulations.running.style import COLOURS, STYLE, levels
from simulations.running.threads import one_thread

__all__ = ["Case", "Line", "main", "measure"]

Array = NDArray[np.float64]

DOCS = Path(__file__).parents[1]

TRIALS = 64
#: Populations of the theory; their spread is its error on this table.
POPULATIONS = 4
#: Random linear tasks at once; they share rows, masks and solves.
TASKS = 40
NOISE = 0.25  # of a signal of variance one
TESTED = 1000
UNIFORM = rl.UniformRatio(0.1, 0.9)
RATIOS = (0.1, 0.3, 0.5, 0.7, 0.9)
#: A gap that matters: beyond so many joint standard errors and this share.
FAR, SHARE = 3.0, 0.03
GAPS = (-0.5, -0.1, -0.03, 0, 0.03, 0.1, 0.5)


@dataclass(frozen=True)
class Case:
    """Rows, what is learnt of them, and what is known of the answer."""

    name: str
    table: Array  #: all rows there are, in random order
    samples: int
    ratio: Any
    labels: Array | None = None  #: None: masked features
    columns: tuple[int, ...] = ()  #: masked features that take turns, or one that is always hidden
    masked_only: bool = False
    ridge: float = 0.0
    features: Callable[[Array], Array] | None = None
    kernel: Callable[[Array, Array], Array] | None = None
    mask: Any = None
    noise: float = 0.0  #: of the labels: not part of the risk that is shown
    before: float | None = None  #: what the spectrum's theory says
    population: int | None = None

    def theory(self, rng: int) -> float:
        """Return what the engine of rows says of one population."""
        target: Any = self.labels
        if target is None and not self.masked_only:
            target = self.columns[0]
        found = rl.rows_risk(
            self.table,
            self.ratio,
            target=target,
            targets=self.columns if target is None else None,
            samples=self.samples,
            ridge=self.ridge,
            features=self.features,
            kernel=self.kernel,
            mask=self.mask,
            population=self.population,
            replicates=1,
            rng=rng,
        ).prediction_error
        assert isinstance(found, float)
        return found

    def trial(self, rng: np.random.Generator) -> float:
        """Return the error of one regression on rows drawn without replacement."""
        order = rng.permutation(len(self.table))
        inside, outside = order[: self.samples], order[self.samples :][:TESTED]
        X, tests = self.table[inside], self.table[outside]
        hidden = self.hidden(X, rng)
        if self.labels is not None:
            every = np.ones(len(X), dtype=bool)
            y, answers = self.labels[inside], self.labels[outside]
            return float(np.mean(self.errors(X, hidden, every, y, tests, answers)))
        errors = []
        for column in self.columns:
            gone = hidden.copy()
            gone[:, column] = True
            counted = hidden[:, column] if self.masked_only else np.ones(len(X), dtype=bool)
            seen = tests.copy()
            seen[:, column] = 0.0
            y, answers = X[:, [column]], tests[:, [column]]
            errors.append(np.mean(self.errors(X, gone, counted, y, seen, answers)))
        return float(np.mean(errors))

    def hidden(self, X: Array, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Draw masks."""
        if callable(self.mask):
            return np.asarray(self.mask(rng, X))
        law = isinstance(self.ratio, rl.RatioLaw)
        ratios = self.ratio.sample(rng, len(X)) if law else np.full(len(X), self.ratio)
        if self.mask == "importance":
            return important(ratios, X, rng)
        return np.asarray(rng.random(X.shape) < ratios[:, None])

    def errors(
        self,
        X: Array,
        hidden: NDArray[np.bool_],
        counted: NDArray[np.bool_],
        y: Array,
        tests: Array,
        answers: Array,
    ) -> Array:
        """Return the squared errors of the regression on rows that count."""
        if not counted.any():
            return answers**2
        inputs, targets = np.where(hidden, 0.0, X)[counted], y[counted]
        penalty = self.ridge * len(inputs)
        if self.kernel is not None:
            gram = self.kernel(inputs, inputs) + penalty * np.eye(len(inputs))
            found = self.kernel(tests, inputs) @ np.linalg.solve(gram, targets)
            return np.asarray((answers - found) ** 2)
        rows, seen = inputs, tests
        if self.features is not None:
            rows, seen = self.features(inputs), self.features(tests)
        if penalty == 0:
            found = seen @ np.linalg.lstsq(rows, targets, rcond=1e-10)[0]
        elif rows.shape[1] > len(rows):
            gram = rows @ rows.T + penalty * np.eye(len(rows))
            found = seen @ (rows.T @ np.linalg.solve(gram, targets))
        else:
            gram = rows.T @ rows + penalty * np.eye(rows.shape[1])
            found = seen @ np.linalg.solve(gram, rows.T @ targets)
        return np.asarray((answers - found) ** 2)


Numbers = tuple[float, float, float, float]


class Line(NamedTuple):
    """One case, measured."""

    case: Case
    theory: float
    theory_error: float
    monte_carlo: float
    error: float

    @property
    def gap(self) -> float:
        """Theory over simulation, less one."""
        return self.theory / self.monte_carlo - 1

    @property
    def z(self) -> float:
        """The gap in joint standard errors."""
        return (self.theory - self.monte_carlo) / float(np.hypot(self.theory_error, self.error))

    @property
    def far(self) -> bool:
        """Whether the gap matters."""
        return abs(self.z) > FAR and abs(self.gap) > SHARE


def measure(case: Case, trials: int = TRIALS) -> Line:
    """Return theory beside simulation."""
    with one_thread():
        found = np.array([case.theory(seed) for seed in range(POPULATIONS)])
        rng = np.random.default_rng(1)
        errors = np.array([case.trial(rng) for _ in range(trials)])
    error = errors.std(ddof=1) / trials**0.5
    spread = standard_error(found[:, None], np.zeros((POPULATIONS, 1)), 0.0, True)[0]
    means = float(found.mean()) - case.noise, float(errors.mean()) - case.noise
    return Line(case, means[0], float(spread), means[1], float(error))


def tasks(X: Array, vectors: Array, variance: float, rng: np.random.Generator) -> Array:
    """Return linear tasks on rows with the same mass on every eigenvector, signs at random.

    Their signal has variance one, as that of `LinearTarget`; noise is added.
    """
    beta = vectors @ rng.choice([-1.0, 1.0], size=(vectors.shape[1], TASKS)) / variance**0.5
    return np.asarray(X @ beta + NOISE**0.5 * rng.normal(size=(len(X), TASKS)))


def laws(rows: int = 16_000) -> Iterator[Case]:
    """Yield rows with heavy tails, and one factor behind all features, d = 200."""
    spectrum = rl.Spectrum.power_law(0.7, 200)
    rng = np.random.default_rng(2)
    target = rl.LinearTarget(snr=1 / NOISE)
    given = [(name, spectrum) for name in ("gaussian", "student:3", "elliptical:5", "elliptical:3")]
    given.append(("gaussian", rl.Spectrum.spiked([200.0], 200)))
    for name, law in given:
        design = catalogue.design(name)
        population = design.population(quantized(law, 200), rng)
        table = design.draw(population, rows, rng)
        y = tasks(table, population.eigenvectors, population.eigenvalues.sum(), rng)
        label = name if law is spectrum else "a factor of size d"
        for samples in (800, 100):
            before = rl.risk(law, 0.5, aspect_ratio=200 / samples, target=target).total
            case = Case(label, table, samples, 0.5, y, noise=NOISE, before=float(before))
            yield replace(case, population=max(4 * samples, 1600))


def linear_tasks() -> Iterator[Case]:
    """Yield linear tasks on images and cells."""
    rng = np.random.default_rng(3)
    target = rl.LinearTarget(snr=1 / NOISE)
    for name in ("digits", "mnist", "pbmc"):
        real = getattr(datasets, name)()
        table = rng.permutation(real.rows)
        vectors = np.linalg.eigh(real.correlation)[1]
        y, samples = tasks(table, vectors, len(vectors), rng), len(vectors) // 2
        for ratio in (*RATIOS[:4], UNIFORM):
            before = rl.covariance_risk(
                real.correlation, target, ratio, aspect_ratio=len(vectors) / samples
            ).total
            yield Case(name, table, samples, ratio, y, noise=NOISE, before=float(before))


def small_mnist() -> tuple[Array, NDArray[np.intp]]:
    """Return MNIST at 14 x 14, standardised used pixels, and the column of each."""
    images = sources.mnist()[0].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))
    flat = images.reshape(len(images), -1)
    used = np.flatnonzero((flat > 0).mean(axis=0) >= 0.1)
    rows = flat[:, used]
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    return np.random.default_rng(4).permutation(rows), used % 14


def relu_features(width: int, features: int) -> Callable[[Array], Array]:
    """Return random ReLU features."""
    weights = np.random.default_rng(5).normal(size=(features, width)) / features**0.5

    def act(rows: Array) -> Array:
        return np.asarray(np.maximum(rows @ weights, 0.0) * (2 / width) ** 0.5)

    return act


def arc_cosine(first: Array, second: Array) -> Array:
    """Return the kernel of infinitely many random ReLU features."""
    sizes = np.linalg.norm(first, axis=1)[:, None], np.linalg.norm(second, axis=1)
    scale = sizes[0] * sizes[1] / first.shape[1]
    cosine = (first @ second.T) / np.maximum(sizes[0] * sizes[1], 1e-300)
    angle = np.arccos(np.clip(cosine, -1, 1))
    return np.asarray(scale * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / np.pi)


def maps_and_masks() -> Iterator[Case]:
    """Yield one pixel of MNIST from the other 98: three feature maps, four kinds of masks."""
    table, places = small_mnist()
    pixel = 49
    one = Case("", table, 400, 0.3, columns=(pixel,), ridge=1e-3, population=1600)
    relu = {width: relu_features(width, table.shape[1]) for width in (200, 800)}

    def tubes(rng: np.random.Generator, X: Array) -> NDArray[np.bool_]:
        return np.asarray((rng.random((len(X), 14)) < 0.6)[:, places])

    for ratio in (*RATIOS, UNIFORM):
        yield replace(one, name="linear", ratio=ratio)
    yield replace(one, name="ReLU, P = 200", features=relu[200])
    yield replace(one, name="ReLU, P = 800", features=relu[800])
    yield replace(one, name="ReLU, P = 800", ratio=UNIFORM, features=relu[800])
    for ratio in (*RATIOS, UNIFORM):
        yield replace(one, name="arc-cosine kernel", ratio=ratio, kernel=arc_cosine)
    yield replace(one, name="importance masks, linear", ratio=0.6, mask="importance")
    yield replace(one, name="masks of whole columns, linear", ratio=0.6, mask=tubes)


def masked_and_labelled() -> Iterator[Case]:
    """Yield masked features and labels of small and large tables."""
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

    rng = np.random.default_rng(6)
    tables: dict[str, tuple[Array, Any, int]] = {}
    for name, load in (("wine", load_wine), ("diabetes", load_diabetes),
                       ("breast cancer", load_breast_cancer)):  # fmt: skip
        found = load()
        tables[name] = found.data, np.unique(found.target, return_inverse=True)[1] * 1.0, 4
    cells, types = sources.pbmc()
    tables["pbmc"] = cells[:, (cells > 0).mean(axis=0) >= 0.1], types == 1.0, 2
    counts = sources.celltypist()
    logs = np.log1p(1e4 * counts / counts.sum(axis=1, keepdims=True))
    tables["celltypist"] = logs[:, np.argsort(logs.var(axis=0))[-300:]], None, 2
    tables["S&P 500"] = np.diff(np.log(sources.sp500()), axis=0), None, 20
    for name, (table, labels, part) in tables.items():
        order = rng.permutation(len(table))
        X = (table - table.mean(axis=0)) / table.std(axis=0)
        columns = tuple(sorted(rng.permutation(X.shape[1])[:6].tolist()))
        one = Case(f"{name}, masked features", X[order], len(X) // part, 0.5, ridge=1e-2)
        one = replace(one, columns=columns, masked_only=True)
        cases = [one]
        if labels is not None:
            y = labels[order, None] * 1.0
            y = (y - y.mean()) / y.std()
            cases.append(replace(one, name=f"{name}, labels", labels=y, columns=(),
                                 masked_only=False))  # fmt: skip
        for case in cases:
            for ratio in (*RATIOS, UNIFORM):
                yield replace(case, ratio=ratio)


GROUPS: dict[str, tuple[str, Callable[[], Iterator[Case]]]] = {
    "laws": ("Rows with a law, d = 200, a linear task at mask ratio 0.5", laws),
    "linear": ("Linear tasks on real rows, d/n = 2, no ridge", linear_tasks),
    "maps": (
        "One pixel of MNIST at 14 x 14 from the other 98, n = 400, ridge 0.001",
        maps_and_masks,
    ),
    "features": ("Masked features and labels, ridge 0.01", masked_and_labelled),
}


@lru_cache(maxsize=1)
def cases_of(group: str, only: int | None) -> list[Case]:
    """Return the first cases of a group, or all."""
    return list(islice(GROUPS[group][1](), only))


def measured_place(group: str, only: int | None, place: int, trials: int) -> Numbers:
    """Measure one case of a group: what a worker is asked for, and can send back."""
    line = measure(cases_of(group, only)[place], trials)
    return line.theory, line.theory_error, line.monte_carlo, line.error


def shown_ratio(ratio: Any) -> str:
    """Return a ratio or law as tables call it."""
    return (
        f"U({ratio.low:g}, {ratio.high:g})" if isinstance(ratio, rl.UniformRatio) else f"{ratio:g}"
    )


def table_of(lines: Sequence[Line]) -> str:
    """Return the lines of a group in Markdown."""
    with_before = any(line.case.before is not None for line in lines)
    head = ["rows", "n", "mask ratio", *(["spectrum's theory"] if with_before else []),
            "theory of rows", "Monte Carlo", "gap"]  # fmt: skip
    out = []
    for line in lines:
        case = line.case
        gap = f"{line.gap:+.1%} ({line.z:+.1f})"
        before = [f"{case.before:.3g}"] if with_before else []
        out.append([
            case.name, case.samples, shown_ratio(case.ratio), *before,
            f"{line.theory:.3g} ± {line.theory_error:.1g}",
            f"{line.monte_carlo:.3g} ± {line.error:.1g}",
            f"**{gap}**" if line.far else gap,
        ])  # fmt: skip
    return pages.table(head, out)


def summary(lines: Sequence[Line]) -> str:
    """Return how many cells agree."""
    far = sum(line.far for line in lines)
    gaps = np.abs([line.gap for line in lines])
    said = (
        f"{len(lines) - far} of {len(lines)} cells are within {FAR:g} joint standard errors or "
        f"{SHARE:.0%} of Monte Carlo; the median gap is {np.median(gaps):.1%}."
    )
    known = [line for line in lines if line.case.before is not None]
    if known:
        old = np.abs([line.case.before / line.monte_carlo - 1 for line in known])  # type: ignore[operator]
        new = np.abs([line.gap for line in known])
        said += (
            f" Where the spectrum's theory has an answer, its median gap is {np.median(old):.1%} "
            f"and its largest {old.max():.0%}; for rows these are {np.median(new):.1%} and "
            f"{new.max():.0%}."
        )
    return said


def draw(measured: dict[str, list[Line]], path: Path) -> None:
    """Draw theory against simulation, and what the spectrum's theory says."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 4.8), layout="constrained")
        axes = figure.subplots(1, 2, sharey=True)
        for number, (key, lines) in enumerate(measured.items()):
            known = [line for line in lines if line.case.before is not None]
            style: dict[str, Any] = {"color": COLOURS[number], "marker": "o", "ls": "", "ms": 5}
            axes[0].plot([x.monte_carlo for x in known],
                         [x.case.before / x.monte_carlo - 1 for x in known], **style)  # type: ignore[operator]  # fmt: skip
            joint = [2 * np.hypot(x.theory_error, x.error) / x.monte_carlo for x in lines]
            style |= {"label": GROUPS[key][0].split(",")[0], "elinewidth": 0.7, "yerr": joint}
            axes[1].errorbar([x.monte_carlo for x in lines], [x.gap for x in lines], **style)
        for axis, title in zip(axes, ("the spectrum's theory", "the theory of rows"), strict=True):
            axis.axhspan(-SHARE, SHARE, color="0.93", zorder=0)
            axis.axhline(0, color="0.3", lw=1)
            axis.set(xscale="log", xlabel="Monte Carlo risk", title=title)
            axis.set_yscale("symlog", linthresh=0.1, linscale=2)
            axis.set_ylim(-0.6, 0.6)
            levels(axis, GAPS, lambda level, _: f"{100 * level:g} %")
        axes[0].set_visible(
            any(x.case.before is not None for own in measured.values() for x in own)
        )
        axes[0].set_ylabel("theory / Monte Carlo − 1")
        figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=2)
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=130)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, draw and rewrite the page."""
    parser = argparse.ArgumentParser(prog="python docs/studies/rows.py", description=__doc__)
    parser.add_argument("--groups", nargs="*", default=list(GROUPS), choices=list(GROUPS))
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--only", type=int, help="so many cases of each group")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of the page and the figure")
    options = parser.parse_args(arguments)
    measured = {}
    for key in options.groups:
        cases = cases_of(key, options.only)
        asked = [(key, options.only, place, options.trials) for place in range(len(cases))]
        if options.jobs == 1:
            numbers = [measured_place(*one) for one in asked]
        else:
            # Cases hold functions, so that they go to workers by name.
            with ProcessPoolExecutor(options.jobs) as pool:
                numbers = list(pool.map(measured_place, *zip(*asked, strict=True)))
        measured[key] = [Line(case, *own) for case, own in zip(cases, numbers, strict=True)]
    every = [line for lines in measured.values() for line in lines]
    text = [summary(every)]
    text += [f"{GROUPS[key][0]}:\n\n{table_of(lines)}" for key, lines in measured.items()]
    draw(measured, options.docs / "figures" / "rows.png")
    pages.rewrite(options.docs / "studies" / "rows.md", "\n\n".join(text))


if __name__ == "__main__":
    main()

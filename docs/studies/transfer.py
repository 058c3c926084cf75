"""Pretrain, then probe, on real rows: python docs/studies/transfer.py.

Rewrites the tables of docs/studies/transfer.md, its figure and the results behind them, in some
fifteen minutes on two cores. Fashion-MNIST is left out where it is not installed.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from ridgeless.cli.files import replacing, write_text
from ridgeless.recommend.probe import RATIOS
from ridgeless.transfer.held_out import fitted
from ridgeless.transfer.labels import Labels, read_labels
from ridgeless.transfer.pretrained import PretrainedMap
from ridgeless.transfer.question import Question
from simulations.populations import sources
from simulations.running import pages
from simulations.running.style import COLOURS, STYLE

__all__ = ["Case", "alignment", "fine_tuned", "main"]

Array = NDArray[np.float64]

DOCS = Path(__file__).parents[1]
REPORTS = DOCS / "results" / "validation"
SWEEPS = DOCS / "data" / "sweeps.csv"
#: Rows that are used of larger tables, and random splits for fine-tuning.
MOST, SPLITS = 3000, 40
#: Windows of text are cut to so many characters.
LETTERS = 12
#: Test ratio of whole inputs, by name.
WHOLE = "0"


@dataclass(frozen=True)
class Case:
    """Rows, labels, and how many of them a probe gets."""

    name: str
    X: Array  #: standardised
    y: Any
    samples: int
    groups: NDArray[np.intp] | None = None
    rows: Any = "all"

    @property
    def about(self) -> str:
        """What differs from the plain case."""
        if self.groups is not None:
            return "patches"
        return "loss on masked features" if self.rows == "masked" else ""


def cases(quick: bool) -> Iterator[Case]:
    """Yield data sets by numbers of labels; then patches, and the other loss."""
    if quick:
        X, y = _tokens("digits")[:2]
        yield Case("digits", X[:400], y[:400], 40)
        return
    for name, numbers in (
        ("mnist", (50, 200, 1000)),
        ("fashion", (50, 200, 1000)),
        ("digits", (50, 200)),
        ("pbmc", (30, 100, 300)),
        ("celltypist", (30, 100, 300)),
        ("shakespeare", (200, 1000)),
    ):
        try:
            X, y, groups = _tokens(name)
        except rl.DomainError as error:
            print(f"{name} is left out: {error}")
            continue
        for samples in numbers:
            yield Case(name, X, y, samples)
        if name in ("mnist", "fashion"):
            yield Case(name, X, y, 200, groups=groups)
            yield Case(name, X, y, 200, rows="masked")


@lru_cache(maxsize=8)
def _tokens(name: str) -> tuple[Array, Any, NDArray[np.intp]]:
    """Return standardised rows, labels, and which columns are one patch."""
    from validation.datasets import load

    data = load(name)
    values = data.columns(np.concatenate([data.train, data.test])).astype(float)
    y: Any
    if name == "celltypist":  # no types: how many molecules were counted in a cell
        y = np.log(sources.celltypist().sum(axis=1))
        from validation.datasets.tokens import split

        y = y[np.concatenate(split(len(y)))]
    else:
        assert data.train_labels is not None
        assert data.test_labels is not None
        y = np.concatenate([data.train_labels, data.test_labels])
    if data.symbols:
        values = values[:, :LETTERS]
    tokens = np.repeat(np.arange(values.shape[1]), values.shape[2])
    rows = values.reshape(len(values), -1)
    order = np.random.default_rng(0).permutation(len(rows))[:MOST]
    rows, y = rows[order], y[order]
    seen = rows.std(axis=0) > 0.02
    rows = rows[:, seen]
    return (rows - rows.mean(axis=0)) / rows.std(axis=0), y, tokens[seen]


def alignment(X: Array, labels: Labels) -> tuple[float, float]:
    r"""Return tau of :math:`\beta_i^2 \propto s_i^\tau`, and the signal over the noise.

    By maximum likelihood: along component i the coefficient of least squares is Gaussian with the
    variance :math:`C s_i^\tau + \sigma^2/(N s_i)`. Components of a thousandth of the largest and
    more; classes are independent tasks.
    """
    from scipy.optimize import minimize

    N = len(X)
    values, vectors = np.linalg.eigh(X.T @ X / N)
    some = values > 1e-3 * values[-1]
    s, scores = values[some], X @ vectors[:, some]
    found = (scores.T @ labels.y / N) / s[:, None]  # least squares
    residual = labels.y - scores @ found
    noise = np.square(residual).sum(axis=0) / max(N - some.sum(), 1)
    own = noise / N

    def unlikely(x: Array) -> float:
        total = 0.0
        for j, level in enumerate(own):
            variance = np.exp(x[0]) * level * N * (s / s[-1]) ** x[1] + level / s
            total += float(np.sum(np.log(variance) + found[:, j] ** 2 / variance))
        return total

    best = min(
        (
            minimize(unlikely, [start, tau], method="Nelder-Mead")
            for start in (-8, -4)
            for tau in (0, 1)
        ),
        key=lambda x: x.fun,
    )
    scale, tau = best.x
    signal = float(np.sum(np.exp(scale) * (s / s[-1]) ** tau * s))
    return float(tau), signal


def fine_tuned(Z: Array, X: Array, labels: Labels, samples: int, ridge: float) -> Array:
    """Return squared errors of the probe whose weights all move on, one per split.

    From the pretrained start, the probe's function, min-norm regression of what is left on the
    inputs themselves.
    """
    rng, errors = np.random.default_rng(0), []
    for _ in range(SPLITS):
        order = rng.permutation(len(X))
        own, rest = order[:samples], order[samples:]
        probe = fitted(Z[own], labels.y[own], ridge)
        further = fitted(X[own], labels.y[own] - Z[own] @ probe, 0.0)
        predicted = Z[rest] @ probe + X[rest] @ further
        errors.append(np.square(labels.y[rest] - predicted).sum(axis=1).mean())
    return np.array(errors)


def measure(case: Case) -> dict[str, Any]:
    """Return what is known of one case."""
    labels = read_labels(case.y, len(case.X))
    found = rl.recommend_probe(
        case.X, case.y, samples=case.samples, groups=case.groups, rows=case.rows, rng=0
    )
    groups = case.groups
    wanted = rl.recommend(case.X, groups=groups, samples=len(case.X), dependence=False, rng=0)
    tau, snr = alignment(case.X, labels)
    spectrum = rl.Spectrum.from_covariance(np.cov(case.X.T))
    theory = rl.transfer_risk(
        spectrum,
        RATIOS,
        aspect_ratio=case.X.shape[1] / case.samples,
        target=rl.LinearTarget(snr, alignment=max(tau, 0.0)),
        rows=case.rows,
    )
    asked = Question.of(
        RATIOS, aspect_ratio=1.0, probe_ridge=0.0, depth=1.0, bottleneck=None, rows=case.rows,
        fill="zero", groups=groups,
    )  # fmt: skip
    learnt = PretrainedMap(case.X, asked)
    tuned = np.array([
        fine_tuned(learnt(case.X, float(lam)), case.X, labels, case.samples, float(ridge)).mean()
        for lam, ridge in zip(asked.lam, found.probe_ridge, strict=True)
    ])  # fmt: skip
    missed = found.classification_error
    return {
        "data": case.name,
        "about": case.about,
        "labels": len(labels.classes) or "numbers",
        "samples": case.samples,
        "features": case.X.shape[1],
        "tau": tau,
        "snr": snr,
        "reconstruction": wanted.mask_ratio,
        "probe": found.mask_ratio,
        "low": found.interval[0],
        "high": found.interval[1],
        "verdict": found.verdict,
        "theory": float(RATIOS[int(np.argmin(theory.total))]),
        "fine": float(RATIOS[int(tuned.argmin())]),
        "curve": found.prediction_error.tolist(),
        "missed": None if missed is None else missed.tolist(),
        "tuned": tuned.tolist(),
        "theory_curve": np.asarray(theory.total).tolist(),
    }


def main_table(found: Sequence[dict[str, Any]]) -> str:
    """Show the three ratios, and what others cost the probe."""
    head = ["data", "labels", "n", "tau", "for reconstruction", "for a probe", "not told from it",
            "p → 0 costs", "0.15 costs", "0.75 costs", "theory's", "for fine-tuning",
            "worst fine-tuned"]  # fmt: skip
    rows = []
    for x in found:
        curve, tuned = np.array(x["curve"]), np.array(x["tuned"])
        cost = curve / curve.min() - 1
        name = x["data"] + (f", {x['about']}" if x["about"] else "")
        learns = x["verdict"] in ("choose", "hardly matters")
        rows.append([
            name, x["labels"], x["samples"], f"{x['tau']:.1f}" if learns else "–",
            f"{x['reconstruction']:.2g}",
            f"{x['probe']:g}", f"{x['low']:g} to {x['high']:g}",
            *(f"{cost[p == RATIOS][0]:.1%}" for p in (0.01, 0.15, 0.75)),
            f"{x['theory']:g}", f"{x['fine']:g}", f"{tuned.max() / tuned.min() - 1:.1%}",
        ])  # fmt: skip
    return pages.table(head, rows)


def missed_table(found: Sequence[dict[str, Any]]) -> str:
    """Show the share of missed classes by ratio."""
    rows = [
        [x["data"] + (f", {x['about']}" if x["about"] else ""), x["samples"],
         *(f"{share:.1%}" for share in x["missed"])]
        for x in found
        if x["missed"] is not None
    ]  # fmt: skip
    return pages.table(["data", "n", *(f"{p:g}" for p in RATIOS)], rows)


def networks_table(folder: Path) -> str:
    """Show at which ratio networks are best to probe, and best to fill in, from their reports."""
    rows = []
    for path in sorted(folder.glob("*/report.json")):
        runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
        cells: dict[tuple[Any, ...], dict[str, list[Any]]] = {}
        for run in runs:
            if run["probe"] is None or run["equal"] != "steps" or run["test_ratio"] != WHOLE:
                continue
            if ":" in run["ratio"]:
                continue
            cell = run["dataset"], run["model"], run["width"], run["n"], run["steps"]
            cells.setdefault(cell, {}).setdefault(run["ratio"], []).append(run)
        for (dataset, model, width, n, steps), by_ratio in cells.items():
            probe = {p: np.mean([r["probe"] for r in own]) for p, own in by_ratio.items()}
            risk = {p: np.mean([r["reconstruction"] for r in own]) for p, own in by_ratio.items()}
            best, low = max(probe, key=lambda p: probe[p]), min(probe, key=float)
            high = max(probe, key=float)
            rows.append([
                f"{dataset} {model}" + (f", width {width}" if width else ""), n, steps,
                min(risk, key=lambda p: risk[p]), best, f"{probe[best]:.3f}",
                f"{probe[low]:.3f} at {low}", f"{probe[high]:.3f} at {high}",
            ])  # fmt: skip
    head = ["network", "n", "steps", "best to fill in", "best to probe", "accuracy", "lowest ratio",
            "highest ratio"]  # fmt: skip
    return pages.table(head, rows)


def published_table(path: Path) -> str:
    """Show where published sweeps are best, and how much their ends lose."""
    with path.open(encoding="utf-8") as file:
        lines = [x for x in csv.DictReader(file) if "MAE (He" in x["source"]]
    rows = []
    for metric in dict.fromkeys(x["metric"] for x in lines):
        own = [(float(x["mask_ratio"]), float(x["value"])) for x in lines if x["metric"] == metric]
        best = max(own, key=lambda pair: pair[1])
        ends = [f"{value - best[1]:+.1f} at {p:g}" for p, value in (min(own), max(own))]
        rows.append([metric, f"{best[0]:g}", f"{best[1]:g}", *ends])
    return pages.table(["MAE, ViT-L", "best ratio", "accuracy", "lowest", "highest"], rows)


def draw(found: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw the three answers: in theory, and on real rows."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 3.9), layout="constrained")
        left, right = figure.subplots(1, 2)
        spectrum = rl.Spectrum.power_law(1.0, 1000)
        ratios = np.linspace(0, 0.98, 50)
        filled = rl.risk(spectrum, np.maximum(ratios, 0.005), aspect_ratio=0.5,
                         masks_per_sample=math.inf).prediction_error  # fmt: skip
        curves = {"to fill in one feature": np.asarray(filled)}
        for name, tau in (
            ("to probe, task aligned (tau 1)", 1.0),
            ("to probe, isotropic task", 0.0),
        ):
            task = rl.LinearTarget(4.0, alignment=tau)
            curves[name] = np.asarray(
                rl.transfer_risk(spectrum, ratios, aspect_ratio=10.0, target=task).total
            )
        for colour, (name, curve) in zip(COLOURS, curves.items(), strict=False):
            left.plot(ratios, curve / curve.min(), color=colour, label=name)
            left.plot(ratios[curve.argmin()], 1, "o", color=colour)
        left.set(title="Theory: one spectrum, three answers", ylim=(0.98, 1.8),
                 ylabel="risk / best", xlabel="mask ratio of pretraining")  # fmt: skip
        left.legend(fontsize=8, loc="upper right")
        plain = [x for x in found if not x["about"] and x["verdict"] != "cannot tell"]
        fewest = {name: min(x["samples"] for x in plain if x["data"] == name)
                  for name in dict.fromkeys(x["data"] for x in plain)}  # fmt: skip
        shown = [x for x in plain if x["samples"] == fewest[x["data"]]]
        for number, x in enumerate(shown):
            curve, tuned = np.array(x["curve"]), np.array(x["tuned"])
            colour = COLOURS[number % len(COLOURS)]
            right.plot(RATIOS, curve / curve.min(), color=colour,
                       label=f"{x['data']}, {x['samples']} labels")  # fmt: skip
            right.plot(RATIOS[curve.argmin()], 1, "o", color=colour)
            right.plot(RATIOS, tuned / tuned.min(), color=colour, linestyle=":")
        right.set(title="Real rows: a probe (lines), fine-tuned (dotted)",
                  xlabel="mask ratio of pretraining", ylabel="error / best")  # fmt: skip
        right.legend(fontsize=8)
        with replacing(path) as file:
            figure.savefig(file, dpi=110, metadata={"Software": None})


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and rewrite the page."""
    parser = argparse.ArgumentParser(prog="python docs/studies/transfer.py", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="400 digits only")
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of the page")
    parser.add_argument("--again", action="store_true", help="from the results that are there")
    options = parser.parse_args(arguments)
    path = options.docs / "results" / "transfer.json"
    found = json.loads(path.read_text(encoding="utf-8")) if options.again else []
    for case in () if options.again else cases(options.quick):
        found.append(measure(case))
        print(f"{case.name} {case.about} n = {case.samples}: {found[-1]['probe']:g}", flush=True)
    write_text(path, "[\n" + ",\n".join(json.dumps(x) for x in found) + "\n]\n")
    page = options.docs / "studies" / "transfer.md"
    pages.rewrite(page, main_table(found), "answers")
    pages.rewrite(page, missed_table(found), "missed")
    pages.rewrite(page, networks_table(REPORTS), "networks")
    pages.rewrite(page, published_table(SWEEPS), "published")
    draw(found, options.docs / "figures" / "transfer.png")


if __name__ == "__main__":
    main()

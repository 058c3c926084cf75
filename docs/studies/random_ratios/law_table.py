"""What is asked of a law of mask ratios, and the best law for each question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from random_ratios.laws import (
    Found,
    Values,
    best_discrete,
    best_fixed,
    best_range,
    steepest,
)
from simulations import Problem, simulate_risks
from simulations.running import pages

__all__ = ["R2MAE", "Answer", "Question", "answer", "law_name", "questions", "table"]

Array = NDArray[np.float64]

R2MAE = rl.UniformRatio(0.1, 0.9)
FEATURES = 200
FEW, MANY = 0.25, 2.0  # d/n
SPECTRA = {
    "i^-1": rl.Spectrum.power_law(1.0, FEATURES),
    "i^-1.5": rl.Spectrum.power_law(1.5, FEATURES),
    "two levels": rl.Spectrum([0.1, 4.0], [0.8, 0.2]),
}
TARGETS: dict[str, Any] = {
    "feature": rl.MaskedFeature(),
    "linear": rl.LinearTarget(snr=4.0),
    "aligned": rl.LinearTarget(snr=4.0, alignment=1.0),
}
#: Unknown: signal-to-noise ratio, alignment, features at 400 samples, test ratio.
SNRS = (0.5, 2.0, 8.0, 32.0)
ALIGNMENTS = (-1.0, 0.5, 2.0)
SIZES, SAMPLES = (50, 200, 1600), 400
TESTS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)
#: A gain in risk below this is none.
NOTICED = 1e-3


@dataclass(frozen=True)
class Tasks:
    """Tasks that one call of `ridgeless.risk` answers."""

    spectrum: rl.Spectrum
    target: Any
    aspect_ratio: float
    rows: str
    tests: tuple[float, ...] = (0.0,)

    def risks(self, law: rl.RatioLaw, masks: float = 1) -> Array:
        """Return the risk of each task."""
        found = rl.risk(
            self.spectrum, law, target=self.target, aspect_ratio=self.aspect_ratio,
            rows=self.rows, masks_per_sample=masks,  # type: ignore[arg-type]
            test_mask_ratio=self.tests if len(self.tests) > 1 else self.tests[0],
        )  # fmt: skip
        return np.atleast_1d(np.asarray(found.total))

    def problems(self, law: rl.RatioLaw) -> list[Problem]:
        """Return the same for `simulate_risks`, in the same order."""
        targets = [self.target]
        if np.ndim(getattr(self.target, "snr", 0.0)):
            targets = [replace(self.target, snr=float(snr)) for snr in self.target.snr]
        return [
            Problem(
                self.spectrum, law, aspect_ratio=self.aspect_ratio, target=target,
                rows=self.rows, test_mask_ratio=test,  # type: ignore[arg-type]
                dimension=len(self.spectrum),
            )
            for target in targets for test in self.tests
        ]  # fmt: skip


@dataclass(frozen=True)
class Question:
    """Some tasks, and whether their mean or their worst risk counts.

    Risks are relative to the best fixed ratio of each task by itself.
    """

    unknown: str  #: nothing, or what varies over the tasks
    case: str
    tasks: tuple[Tasks, ...]
    worst: bool = False

    @property
    def measure(self) -> str:
        """What counts, in words."""
        if self.unknown == "nothing":
            return "one task"
        return f"{'worst' if self.worst else 'mean'} over {self.unknown}s"

    def risks(self, law: rl.RatioLaw, masks: float = 1) -> Array:
        """Return the risks of all tasks."""
        return np.concatenate([own.risks(law, masks) for own in self.tasks])

    def units(self, masks: float = 1) -> Array:
        """Return the risk of each task at the best fixed ratio for it."""
        return np.array([own.value for own in best_fixed(lambda law: self.risks(law, masks))])

    def values(self, masks: float = 1) -> Values:
        """Return the function of a law whose largest value is to be made small."""
        units = self.units(masks)

        def relative(law: rl.RatioLaw) -> Array:
            risks = self.risks(law, masks) / units
            return risks if self.worst else np.atleast_1d(risks.mean())

        return relative


class Answer(NamedTuple):
    """The best laws for a question."""

    question: Question
    fixed: Found
    law: Found
    weighted: Found
    range: Found
    slope: float  #: steepest descent among all laws, per share of the rows
    r2mae: float
    every_mask: tuple[Found, float]  #: K = inf: best fixed ratio; R2MAE

    @property
    def gain(self) -> float:
        """How much the best law is better than the best fixed ratio, relatively."""
        return max(1 - self.law.value / self.fixed.value, 0.0)

    @property
    def weighted_gain(self) -> float:
        """The same of the best law with loss weights."""
        return max(1 - min(self.weighted.value, self.law.value) / self.fixed.value, 0.0)


def questions(quick: bool = False) -> list[Question]:
    """Return the questions of the study."""
    asked = [
        Question("nothing", f"{name}, {goal}", (Tasks(law, target, gamma, target.rows),))
        for name, law in SPECTRA.items()
        for goal, target in TARGETS.items()
        for gamma in (FEW, MANY)
        if name == "i^-1" or goal == "feature"
    ]
    law, several = SPECTRA["i^-1"], []
    for gamma in (FEW, MANY):
        linear = Tasks(law, rl.LinearTarget(snr=np.array(SNRS)), gamma, "masked")
        aligned = tuple(
            Tasks(law, rl.LinearTarget(snr=4.0, alignment=t), gamma, "masked") for t in ALIGNMENTS
        )
        hidden = Tasks(law, TARGETS["feature"], gamma, "masked", TESTS)
        several += [
            Question("signal-to-noise ratio", "i^-1, linear", (linear,), worst=True),
            Question("alignment", "i^-1, linear", aligned, worst=True),
            Question("test ratio", "i^-1, feature", (hidden,)),
            Question("test ratio", "i^-1, feature", (hidden,), worst=True),
        ]
    seen = Tasks(law, TARGETS["linear"], FEW, "all", TESTS)
    several += [Question("test ratio", "i^-1, linear", (seen,), worst=w) for w in (False, True)]
    sizes = tuple(
        Tasks(rl.Spectrum.power_law(1.0, d), TARGETS["feature"], d / SAMPLES, "masked")
        for d in SIZES
    )
    several += [Question("model size", "i^-1, feature", sizes, worst=w) for w in (False, True)]
    if quick:
        return [asked[0], several[0]]
    return asked + several


def answer(question: Question) -> Answer:
    """Search the best laws for a question."""
    values = question.values()

    def aim(law: rl.RatioLaw) -> float:
        return float(values(law).max())

    (fixed,) = best_fixed(lambda law: np.atleast_1d(aim(law)))
    slope, towards = steepest(values, fixed)
    law = best_discrete(aim, fixed, towards)
    weighted = best_discrete(aim, fixed, towards, weighted=True)
    every_mask_values = question.values(math.inf)
    (every_mask,) = best_fixed(lambda law: np.atleast_1d(every_mask_values(law).max()))
    return Answer(
        question, fixed, law, weighted, best_range(aim), slope, aim(R2MAE),
        (every_mask, float(every_mask_values(R2MAE).max())),
    )  # fmt: skip


def law_name(law: rl.RatioLaw) -> str:
    """Return a law of a few ratios in words, without ratios that nearly no row has."""
    if isinstance(law, rl.UniformRatio):
        return f"U({law.low:.2f}, {law.high:.2f})"
    assert isinstance(law, rl.DiscreteRatio)
    pairs = [(p, w) for p, w in zip(law.values, law.weights, strict=True) if w > 5e-3]
    if np.ptp([p for p, _ in pairs]) < 2e-3:
        return f"{pairs[0][0]:.3f}"
    name = " + ".join(f"{w:.0%} {p:.2f}" for p, w in pairs)
    if law.loss_weights is None:
        return name
    loss = np.array(law.loss_weights) / max(law.loss_weights)
    shown = [f"{x:.2g}" for x, w in zip(loss, law.weights, strict=True) if w > 5e-3]
    return f"{name}, loss weights {' : '.join(shown)}"


def table(answers: Sequence[Answer]) -> str:
    """Return one line per question."""
    head = ["risk", "case", "d/n", "rows", "best fixed", "best law of up to three", "gain",
            "with loss weights", "best U(a, b)", "it costs", "U(0.1, 0.9) costs",
            "K = ∞: best fixed", "K = ∞: U(0.1, 0.9) costs"]  # fmt: skip
    lines = []
    for a in answers:
        q = a.question
        gammas = {own.aspect_ratio for own in q.tasks}
        lines.append(
            [
                q.measure,
                q.case,
                f"{q.tasks[0].aspect_ratio:g}" if len(gammas) == 1 else "varies",
                q.tasks[0].rows,
                law_name(a.fixed.law),
                law_name(a.law.law),
                f"{a.gain:.2%}",
                f"{a.weighted_gain:.2%}",
                law_name(a.range.law),
                cost(a.range.value, a.fixed.value, 2),
                cost(a.r2mae, a.fixed.value),
                law_name(a.every_mask[0].law),
                cost(a.every_mask[1], a.every_mask[0].value),
            ]
        )
    return pages.table(head, lines)


def cost(value: float, least: float, digits: int = 0) -> str:
    """Return by how much a value exceeds the least.

    Examples
    --------
    >>> cost(1.5, 1.0), cost(math.inf, 1.0)
    ('+50%', 'infinitely')
    """
    return f"{value / least - 1:+.{digits}%}" if value < math.inf else "infinitely"


def masks_table(asked: Sequence[Question]) -> str:
    """Return the risks of single tasks by masks per sample."""
    head = ["case", "d/n", "K = 1: best fixed", "risk", "K = 2: best fixed", "risk",
            "K = ∞: best fixed", "risk", "K = 1: U(0.1, 0.9)", "K = ∞: U(0.1, 0.9)"]  # fmt: skip
    lines = []
    for q in asked:
        cells = []
        for masks in (1, 2, math.inf):
            (best,) = best_fixed(lambda law, masks=masks, q=q: q.risks(law, masks))  # type: ignore[misc]
            cells += [law_name(best.law), f"{best.value:.4f}"]
        random = [f"{q.risks(R2MAE, masks)[0]:.4f}" for masks in (1, math.inf)]
        lines.append([q.case, f"{q.tasks[0].aspect_ratio:g}", *cells, *random])
    return pages.table(head, lines)


def simulated_table(answers: Sequence[Answer], trials: int) -> str:
    """Return theory beside Monte Carlo, for the fixed ratio, the best law and R2MAE."""
    head = ["risk", "case", "d/n", "law", "theory", "Monte Carlo"]
    lines = []
    for a in answers:
        q = a.question
        units = q.units()
        laws = [a.fixed.law, R2MAE] if a.gain < NOTICED else [a.fixed.law, a.law.law, R2MAE]
        for law in laws:
            problems = [problem for own in q.tasks for problem in own.problems(law)]
            found = simulate_risks(problems, trials=trials, rng=3)
            means = np.array([x.mean for x in found]) / units
            errors = np.array([x.standard_error for x in found]) / units
            # A mean's error as if all moved together, the worst one's its own.
            pick = means.argmax() if q.worst else slice(None)
            theory = q.risks(law) / units
            shown = theory.max() if q.worst else theory.mean()
            measured = f"{means[pick].mean():.3f} ± {errors[pick].mean():.3f}"
            gamma = f"{q.tasks[0].aspect_ratio:g}"
            lines.append([q.measure, q.case, gamma, law_name(law), f"{shown:.3f}", measured])
    return pages.table(head, lines)

"""Questions at the edges of every argument, and what any answer must satisfy."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

import ridgeless as rl
from tests.matrices import constant_diagonal
from tests.tolerances import FUZZ, FUZZ_DENSE

PARTS = ("bias", "design_variance", "noise_variance")
TINY = (1e-300, 1e-80, 1e-30, 1e-12, 1e-6)


@dataclass(frozen=True)
class Question:
    """Arguments of a front."""

    eigenvalues: tuple[float, ...]
    mask_ratio: Any
    target: Any
    options: dict[str, Any]
    power: rl.RowPower | None = None

    @property
    def unresolved(self) -> bool:
        """Whether docs/numerics.md says that the answer is a sentence.

        Of a law that reaches p = 1 with a ridge beyond all resolution, or with hardly any feature
        per row where it is rescaled.
        """
        law, given = self.mask_ratio, self.options
        if not isinstance(law, rl.RatioLaw) or law.inverse_keep_is_finite:
            return False
        return 0 < given["ridge"] < 1e-12 or 0 < given["aspect_ratio"] < 1e-12


def edges(*values: float) -> st.SearchStrategy[float]:
    """Draw one of the values, mostly."""
    return st.sampled_from(values)


ratios = st.one_of(
    edges(0.0, 1.0, 0.5, 1e-300, 1e-12, 1e-6, 1 - 1e-6, 1 - 1e-12), st.floats(0.0, 1.0)
)
inside = st.one_of(edges(0.0, 1.0, 1e-6, 1 - 1e-6), st.floats(0.01, 0.99))
laws = st.one_of(
    st.builds(lambda a, b: rl.UniformRatio(min(a, b), max(a, b)), inside, inside),
    st.builds(lambda a, width: rl.UniformRatio(a, min(a + width, 1.0)), inside, edges(*TINY, 1e-3)),
    st.builds(rl.ScheduledRatio, inside, inside, st.sampled_from(["linear", "cosine"])),
    st.lists(ratios, min_size=1, max_size=3).map(rl.DiscreteRatio),
    st.lists(st.tuples(ratios, edges(1.0, 0.5, 3.0)), min_size=1, max_size=3).map(
        lambda pairs: rl.DiscreteRatio(
            [p for p, _ in pairs], loss_weights=[loss for _, loss in pairs]
        )
    ),
)
levels = st.one_of(edges(0.0, 1.0, 1e-9, 1e-3, 1e3), st.floats(1e-3, 1e3))
eigenvalues = st.lists(levels, min_size=1, max_size=6).filter(any).map(tuple)
targets = st.one_of(
    st.just(rl.MaskedFeature()),
    st.builds(
        rl.LinearTarget,
        snr=edges(1.0, 4.0, math.inf, 1e-12, 1e12),
        alignment=edges(0.0, 0.5, 2.0),
        signal_variance=edges(1.0, 1e-9, 1e9),
    ),
)
aspects = st.one_of(
    edges(0.0, 1e-200, 0.5, 1.0, 2.0, 1e200, math.inf),
    st.builds(lambda x, e: x * (1 + e), edges(0.25, 0.5, 1.0, 2.0, 3.0),
              edges(0.0, 1e-15, -1e-15, 1e-8, -1e-8, 1e-3)),
    st.floats(0.05, 20.0),
)  # fmt: skip
ridges = st.one_of(edges(0.0, 1e-300, 1e-30, 1e-12, 1e-3, 1.0, 1e200), st.floats(1e-6, 10.0))
masks = edges(1, 2, 3, 7, 300, math.inf)
options = st.fixed_dictionaries(
    {
        "aspect_ratio": aspects,
        "ridge": ridges,
        "masks_per_sample": masks,
        "test_mask_ratio": st.one_of(edges(0.0, 0.3, 1.0, 1e-12), st.floats(0.0, 1.0)),
        "rows": st.sampled_from([None, "all", "masked"]),
        "fill": edges("zero", "zero", "rescale"),
        "test_fill": edges(None, None, "zero", "rescale"),
    }
)
powers = edges(
    None,
    None,
    None,
    rl.StudentPower(2.5),
    rl.LognormalPower(1.0),
    rl.DiscretePower([0.0, 1e-3, 1.0, 40.0], [1, 2, 3, 1]),
)
questions = st.builds(Question, eigenvalues, st.one_of(ratios, laws), targets, options, powers)


def asked(front: Callable[..., rl.Risk], *given: Any, **named: Any) -> rl.Risk | None:
    """Return the answer, checked by itself; None where the front says that it is not derived."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = front(*given, **named)
        except NotImplementedError:
            return None
    parts = [getattr(found, name) for name in PARTS]
    assert not any(math.isnan(part) for part in parts), found
    assert min(parts) >= 0, found
    assert found.total == parts[0] + (parts[1] + parts[2])
    return found


def near(one: rl.Risk, other: rl.Risk, tolerance: float, unit: float = 1.0) -> None:
    """Hold the parts of two risks against each other, relative to the total of the finite ones."""
    for name in PARTS:
        a, b = getattr(one, name) * unit, getattr(other, name)
        if math.isinf(a) or math.isinf(b):
            assert a == b, (name, one, other)
        else:
            finite = [x for x in (getattr(other, part) for part in PARTS) if math.isfinite(x)]
            nothing = 1e-28 * other.null + 1e-290  # what is left of a signal that is all learnt
            allowed = tolerance * math.fsum(finite) + nothing
            assert abs(a - b) <= allowed, (name, one, other)


def check(
    question: Question,
    fronts: Container[Any] = (rl.risk, rl.covariance_risk, rl.ratio_aware_risk),
    calls: Counter[str] | None = None,
) -> None:
    """Ask fronts, `risk` among them, and the same in other words; count the calls of each."""
    s, given = np.array(question.eigenvalues), question.options
    task: dict[str, Any] = {"target": question.target, "row_power": question.power, **given}

    def ask(front: Callable[..., rl.Risk], *given: Any, **named: Any) -> rl.Risk | None:
        if calls is not None:
            calls[front.__name__] += 1
        try:
            return asked(front, *given, **named)
        except rl.ConvergenceError:
            if question.unresolved:
                return None
            raise

    found = ask(rl.risk, s, question.mask_ratio, **task)
    if found is None:  # not derived
        return
    # The same question in other words: order, copies, units.
    again = ask(rl.risk, np.repeat(s[::-1], 2), question.mask_ratio, **task)
    if again is None:
        return
    near(again, found, FUZZ)
    scaled = ask(rl.risk, 4 * s, question.mask_ratio, **task | {"ridge": 4 * given["ridge"]})
    if scaled is None:
        return
    near(found, scaled, FUZZ, 4.0 if isinstance(question.target, rl.MaskedFeature) else 1.0)
    if question.power is None:  # known to `risk` alone
        elsewhere(question, found, fronts, ask)


def elsewhere(
    question: Question, found: rl.Risk, fronts: Container[Any], ask: Callable[..., Any]
) -> None:
    """Ask other fronts."""
    s, given = np.array(question.eigenvalues), question.options
    task: dict[str, Any] = {"target": question.target, **given}
    if rl.ratio_aware_risk in fronts:
        adapted = ask(rl.ratio_aware_risk, s, question.mask_ratio, degree=0, **task)
        if adapted is not None:
            near(adapted, found, FUZZ)
    spread = s[s > 0].max() / s[s > 0].min()
    linear = isinstance(question.target, rl.LinearTarget)
    if rl.covariance_risk in fronts and linear and spread < 1e4:
        size = 1 << (s.size - 1).bit_length()
        values = np.sort(np.resize(s, size))
        full = ask(
            rl.covariance_risk, constant_diagonal(values), question.target, question.mask_ratio,
            **given,
        )  # fmt: skip
        plain = ask(rl.risk, values, question.mask_ratio, **task)
        if full is not None and plain is not None:
            near(full, plain, FUZZ_DENSE)

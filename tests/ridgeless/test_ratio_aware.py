"""`rl.ratio_aware_risk` against 40-digit arithmetic, plain regressions and simulation."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

import ridgeless as rl
from ridgeless.engine.ratio_aware.newton import Newton
from tests import oracle, ratio_aware_oracle
from tests.problems import CASES, POWER, SINGULAR, STEEP, TASK, Case
from tests.reference import without_one_feature, worst_error
from tests.test_fronts import has_one_mask_or_all
from tests.tolerances import (
    BESIDE_A_THRESHOLD,
    IDENTITY,
    NARROW_LAW,
    RATIO_AWARE,
    RISK,
    ROUNDING,
)

FEATURE = rl.MaskedFeature()
THREE = rl.DiscreteRatio([0.2, 0.5, 0.8])
TWO = rl.DiscreteRatio([0.2, 0.7])
HEAVY = rl.DiscreteRatio([0.2, 0.5, 0.8], [0.6, 0.2, 0.2])
BARE = rl.DiscreteRatio([0.0, 0.3, 0.8], [3, 2, 1])
SMALL = POWER[:6]


def exact(
    eigenvalues: Any, law: Any, target: Any, *, rows: str | None = None, **options: Any
) -> Any:
    """Return the parts of the risk to 40 digits."""
    eigenvalues = [float(s) for s in eigenvalues]
    if isinstance(law, rl.DiscreteRatio):
        law = list(zip(law.values, law.weights, strict=True))
    elif isinstance(law, float):
        law = [(law, 1)]
    elif isinstance(law, rl.UniformRatio):  # exact for moments up to 23
        with mp.workdps(oracle.DIGITS):
            low, width = mpf(law.low), mpf(law.high) - mpf(law.low)
            law = [(low + width * x, weight) for x, weight in oracle._gauss_legendre(12)]
    weights, points = [1.0] * len(eigenvalues), eigenvalues
    if isinstance(target, rl.MaskedFeature):
        zeros, masses, noise = without_one_feature(eigenvalues)
        weights, points = weights + [0.0] * len(zeros), eigenvalues + zeros
        masses = [0] * len(eigenvalues) + masses
    else:
        masses, noise = oracle.linear_target(eigenvalues, None, target.snr, target.alignment)
    rows = rows or target.rows
    return ratio_aware_oracle.risk(
        points, law, weights=weights, masses=masses, noise=noise, rows=rows, **options
    )


EXACT = {
    "underparametrised": (SMALL, THREE, TASK, {"aspect_ratio": 0.3}),
    "overparametrised": (SMALL, THREE, TASK, {"aspect_ratio": 2.0}),
    "degree 2": (SMALL, THREE, TASK, {"degree": 2, "aspect_ratio": 0.2}),
    "degree 4, three ratios": (SMALL, THREE, TASK, {"degree": 4, "aspect_ratio": 0.5}),
    "degree 2, two ratios": (SMALL, TWO, TASK, {"degree": 2, "aspect_ratio": 0.3}),
    "one ratio, other test ratio": (SMALL, 0.4, TASK, {"test_mask_ratio": 0.7}),
    "one ratio, ridge": (SMALL, 0.4, TASK, {"ridge": 0.2, "test_mask_ratio": 0.7}),
    "ridge": (SMALL, THREE, TASK, {"aspect_ratio": 0.5, "ridge": 0.1}),
    "large ridge": (STEEP, THREE, TASK, {"aspect_ratio": 0.5, "ridge": 1e3}),
    "tiny ridge at the threshold": (SMALL, THREE, TASK, {"aspect_ratio": 0.5, "ridge": 1e-14}),
    "just below the threshold": (SMALL, THREE, TASK, {"aspect_ratio": 0.5 * (1 - 1e-8)}),
    "just above the threshold": (SMALL, THREE, TASK, {"aspect_ratio": 0.5 * (1 + 1e-8)}),
    "a heavy ratio at N = J d": (SMALL, HEAVY, TASK, {"aspect_ratio": 0.5}),
    "a heavy ratio, few rows": (SMALL, HEAVY, TASK, {"aspect_ratio": 0.59}),
    "two heavy ratios of three": (
        SMALL,
        rl.DiscreteRatio([0.3, 0.7, 0.9], [5, 4, 1]),
        TASK,
        {"degree": 2, "aspect_ratio": 0.2},
    ),
    "masked feature": (SMALL, THREE, FEATURE, {"aspect_ratio": 0.2}),
    "masked feature, large d": (SMALL, THREE, FEATURE, {"aspect_ratio": 2.0, "degree": 2}),
    "masked test inputs": (SMALL, THREE, TASK, {"aspect_ratio": 0.3, "test_mask_ratio": 0.6}),
    "ill-conditioned": (STEEP, THREE, TASK, {"aspect_ratio": 0.4}),
    "zero eigenvalues": (SINGULAR, THREE, TASK, {"aspect_ratio": 0.4}),
    "zero eigenvalues, unmasked rows": (
        SINGULAR,
        BARE,
        TASK,
        {"degree": 2, "aspect_ratio": 0.3, "test_mask_ratio": 0.2},
    ),
    "zero eigenvalues, ratios that fix themselves": (
        SINGULAR,
        rl.DiscreteRatio([0.0, 0.8, 0.3, 0.95], [0.5, 0.175, 0.315, 0.01]),
        TASK,
        {"degree": 3, "aspect_ratio": 0.1, "test_mask_ratio": 0.3},
    ),
    "unmasked rows": (SMALL, BARE, TASK, {"aspect_ratio": 0.3}),
    "rows of zeros": (SMALL, rl.DiscreteRatio([0.3, 0.5, 1.0]), TASK, {"aspect_ratio": 0.3}),
    "rows of zeros, ridge": (
        SMALL,
        rl.DiscreteRatio([0.3, 0.5, 1.0]),
        TASK,
        {"aspect_ratio": 0.3, "ridge": 0.1},
    ),
    "close ratios": (SMALL, rl.DiscreteRatio([0.5, 0.501]), TASK, {"aspect_ratio": 0.7}),
    "all masks": (SMALL, THREE, TASK, {"aspect_ratio": 0.7, "masks_per_sample": math.inf}),
    "all masks, degree 2, d > n": (
        SMALL,
        THREE,
        TASK,
        {"degree": 2, "masks_per_sample": math.inf, "test_mask_ratio": 0.4},
    ),
    "all masks, ridge, masked rows": (
        SMALL,
        THREE,
        FEATURE,
        {"ridge": 0.05, "masks_per_sample": math.inf},
    ),
    "all masks, two ratios, degree 3": (
        SMALL,
        TWO,
        TASK,
        {"degree": 3, "aspect_ratio": 0.5, "masks_per_sample": math.inf},
    ),
    "all masks, unmasked rows": (
        SINGULAR,
        rl.DiscreteRatio([0.0, 0.6]),
        TASK,
        {"aspect_ratio": 0.5, "masks_per_sample": math.inf, "test_mask_ratio": 0.1},
    ),
}


@pytest.mark.parametrize("name", EXACT)
def test_every_part_matches_the_reference(name: str) -> None:
    eigenvalues, law, target, options = EXACT[name]
    options = {"degree": 1} | options
    found = rl.ratio_aware_risk(eigenvalues, law, target=target, **options)
    assert worst_error(found, exact(eigenvalues, law, target, **options)) < RATIO_AWARE


LINE = rl.DiscreteRatio(np.linspace(0.1, 0.9, 9))
CLOSE = rl.DiscreteRatio([0.5, 0.50002, 0.50007, 0.5001], [4, 1, 3, 2])
NEAR_1 = rl.DiscreteRatio([0.999, 0.9994, 0.9996, 0.9998], [4, 1, 3, 2])
CLUSTERS = rl.DiscreteRatio([0.2, 0.2 + 1e-7, 0.8, 0.8 + 1e-9])
EVERY = {"masks_per_sample": math.inf}
NARROW = {
    "all masks, width 0.001": ([1.0, 2.0], rl.UniformRatio(0.5, 0.501), 1.2, 3, EVERY),
    "all masks, width 0.003": ([1.0, 2.0], rl.UniformRatio(0.5, 0.503), 1.2, 3, EVERY),
    "all masks, width 1e-8": ([1.0, 2.0], rl.UniformRatio(0.5, 0.5 + 1e-8), 1.2, 3, EVERY),
    "all masks, degree 5": (SMALL[:2], rl.UniformRatio(0.4, 0.41), 0.5, 5, EVERY),
    "all masks, ridge": ([1.0, 2.0], rl.UniformRatio(0.0, 1e-4), 2.0, 2, EVERY | {"ridge": 1e-3}),
    "all masks, a ridge that some feel": (
        SMALL, rl.UniformRatio(0.3, 0.301), 0.7, 3, EVERY | {"ridge": 1e-12},
    ),
    "all masks, masked rows": (
        SMALL, rl.UniformRatio(0.99, 0.999), 0.7, 2, EVERY | {"rows": "masked"},
    ),
    "all masks, far fewer rows": (SMALL, CLOSE, 5.0, 2, EVERY | {"test_mask_ratio": 0.9}),
    "all masks, two clusters": (SMALL, CLUSTERS, 0.6, 3, EVERY | {"test_mask_ratio": 0.5}),
    "all masks, unmasked rows": (
        SMALL, rl.DiscreteRatio([0.0, 1e-5, 1e-4]), 0.6, 2, EVERY | {"test_mask_ratio": 0.5},
    ),
    "infinitely many rows": ([1.0, 2.0], rl.UniformRatio(0.0, 1e-3), 0.0, 2, EVERY),
    "four close ratios": (SMALL, CLOSE, 0.09, 3, {}),
    "four close ratios, few rows": (SMALL, CLOSE, 3.0, 3, {"test_mask_ratio": 0.2}),
    "four close ratios, a heavy one": (SMALL, CLOSE, 0.35, 3, {"test_mask_ratio": 0.9}),
    "four close ratios, ridge": (SMALL, CLOSE, 0.3, 3, {"ridge": 0.1}),
    "four close ratios, a ridge that some feel": (SMALL, CLOSE, 0.15, 3, {"ridge": 1e-9}),
    "four close ratios, many polynomials": (SMALL[:2], CLOSE, 0.3, 8, {"ridge": 1e-3}),
    "four close ratios, degree 1": (SMALL, CLOSE, 0.3, 1, {"rows": "masked"}),
    "zero eigenvalues": (SINGULAR, CLOSE, 0.1, 2, {"test_mask_ratio": 0.5}),
    "zero eigenvalues, unmasked rows": (
        SINGULAR, rl.DiscreteRatio([0.0, 1e-3, 2e-3]), 0.2, 2, {"test_mask_ratio": 0.3},
    ),
    "two clusters": (SMALL, CLUSTERS, 0.2, 3, {"test_mask_ratio": 0.5}),
    "close to everything masked": (SMALL, NEAR_1, 0.3, 3, {"ridge": 0.1}),
    "degree 6, nine ratios": (SMALL[:3], LINE, 0.1, 6, {}),
    "degree 8, nine ratios": (SMALL[:2], LINE, 0.083, 8, {"rows": "masked"}),
    "degree 8, few rows": (SMALL[:2], LINE, 2.0, 8, {"test_mask_ratio": 0.35}),
}  # fmt: skip


@pytest.mark.parametrize("name", NARROW)
def test_every_part_is_right_on_narrow_laws_and_at_high_degrees(name: str) -> None:
    eigenvalues, law, aspect_ratio, degree, options = NARROW[name]
    options = {"aspect_ratio": aspect_ratio, "degree": degree} | options
    found = rl.ratio_aware_risk(eigenvalues, law, target=TASK, **options)
    assert worst_error(found, exact(eigenvalues, law, TASK, **options)) < NARROW_LAW


@pytest.mark.parametrize("aspect_ratio", [0.6 * (1 + 1e-6), 0.4 * (1 - 1e-6)])
def test_beside_the_threshold_of_one_ratio(aspect_ratio: float) -> None:
    options = {"degree": 1, "aspect_ratio": aspect_ratio}
    found = rl.ratio_aware_risk(SMALL, HEAVY, target=TASK, **options)
    assert worst_error(found, exact(SMALL, HEAVY, TASK, **options)) < BESIDE_A_THRESHOLD


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(16))
def test_random_problems_match_the_reference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 6))
    eigenvalues = np.append(
        np.arange(1.0, size + 1) ** -rng.uniform(0, 2), np.zeros(int(rng.integers(3)))
    )
    ratios = rng.choice([0.0, 0.05, 0.2, 0.3, 0.5, 0.6, 0.8, 0.9, 0.95], 4, replace=False)
    count = int(rng.integers(1, 5))
    law = rl.DiscreteRatio(np.maximum(ratios[:count], 0.1), rng.uniform(0.05, 1, count) ** 2)
    if rng.random() < 0.5:
        law = rl.DiscreteRatio(ratios[:count], rng.uniform(0.05, 1, count) ** 2)
    options: dict[str, Any] = {
        "degree": int(rng.integers(1, 4)),
        "aspect_ratio": float(rng.choice([0.1, 0.25, 0.4, 0.8, 1.5, 5]) * rng.uniform(0.9, 1.1)),
        "ridge": float(rng.choice([0.0, 0.0, 1e-6, 0.1])),
        "masks_per_sample": float(rng.choice([1, 1, math.inf])),
        "test_mask_ratio": float(rng.choice([0.0, 0.3, 0.8])),
    }
    target = FEATURE if rng.random() < 0.3 and max(law.values) > 0 else TASK
    found = rl.ratio_aware_risk(eigenvalues, law, target=target, **options)
    assert worst_error(found, exact(eigenvalues, law, target, **options)) < RATIO_AWARE


@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize("aspect_ratio", [0.3, 0.9])
def test_a_uniform_law_is_a_law_of_many_ratios(aspect_ratio: float, degree: int) -> None:
    """Gauss-Legendre nodes of the reference in place of the package's own."""
    nodes = np.array(oracle.uniform_nodes(0.1, 0.9, 96), dtype=float)
    laws = rl.UniformRatio(0.1, 0.9), rl.DiscreteRatio(*nodes.T)
    found, many = (
        rl.ratio_aware_risk(POWER, law, degree=degree, aspect_ratio=aspect_ratio, target=TASK)
        for law in laws
    )
    parts = ("bias", "design_variance", "noise_variance", "total")
    assert worst_error(found, {name: getattr(many, name) for name in parts}) < RATIO_AWARE


@pytest.mark.parametrize("rows", ["all", "masked"])
@pytest.mark.parametrize(("degree", "aspect_ratio"), [(3, 0.1), (6, 0.1), (6, 0.5), (8, 2.0)])
def test_continuous_laws_settle_at_any_degree(degree: int, aspect_ratio: float, rows: str) -> None:
    """Just above the threshold the effective ridge nearly vanishes inside of the law."""
    nodes = np.array(oracle.uniform_nodes(0.1, 0.9, 160), dtype=float)
    laws = rl.UniformRatio(0.1, 0.9), rl.DiscreteRatio(*nodes.T)
    options: dict[str, Any] = {"degree": degree, "aspect_ratio": aspect_ratio, "rows": rows}
    found, many = (rl.ratio_aware_risk(POWER, law, target=TASK, **options) for law in laws)
    parts = ("bias", "design_variance", "noise_variance", "total")
    assert worst_error(found, {name: getattr(many, name) for name in parts}) < NARROW_LAW


narrow_laws = st.builds(
    lambda low, width, kind: kind(low, low + min(10.0**width, 1 - low)),
    low=st.one_of(st.just(0.0), st.floats(0.05, 0.95)),
    width=st.floats(-9, -0.5),
    kind=st.sampled_from(
        [
            rl.UniformRatio,
            lambda low, high: rl.ScheduledRatio(high, low, "cosine"),
            lambda low, high: rl.DiscreteRatio(np.linspace(low, high, 5), [1, 5, 1, 2, 3]),
        ]
    ),
)
questions = st.fixed_dictionaries(
    {
        "aspect_ratio": st.floats(0.01, 20.0),
        "ridge": st.one_of(st.just(0.0), st.floats(1e-8, 10.0)),
        "test_mask_ratio": st.floats(0.0, 1.0),
        "masks_per_sample": st.sampled_from([1.0, math.inf]),
        "rows": st.sampled_from(["all", "masked"]),
    }
)


@settings(max_examples=20)
@given(law=narrow_laws, degree=st.integers(0, 8), options=questions)
def test_parts_are_positive_and_add_up_on_every_law(
    law: Any, degree: int, options: dict[str, Any]
) -> None:
    try:
        found = rl.ratio_aware_risk([1.0, 2.0, 0.5], law, degree=degree, target=TASK, **options)
    except rl.ConvergenceError:
        if degree < 5:  # the range of floats, and heavy ratios among close others: docs/numerics.md
            raise
        return
    parts = found.bias, found.design_variance, found.noise_variance
    assert min(parts) >= 0
    assert found.total == pytest.approx(sum(parts), rel=ROUNDING)
    if degree == 0:
        plain = rl.risk([1.0, 2.0, 0.5], law, target=TASK, **options)
        assert found.total == pytest.approx(plain.total, rel=IDENTITY)


@settings(max_examples=10)
@given(
    law=narrow_laws.filter(lambda law: law.continuous),
    degree=st.integers(0, 5),
    masks=st.sampled_from([1.0, math.inf]),
    shift=st.floats(-0.3, 0.3),
    stretch=st.floats(0.2, 1.5),
)
def test_without_a_ridge_only_the_span_of_the_polynomials_matters(
    law: Any, degree: int, masks: float, shift: float, stretch: float
) -> None:
    """Legendre polynomials of any affine function of the ratio are as good."""
    options = {
        "degree": degree, "aspect_ratio": 0.12, "target": TASK, "masks_per_sample": masks,
    }  # fmt: skip
    found = rl.ratio_aware_risk(SMALL, law, **options)
    plain = Newton._differences

    def other(self: Newton, *given: Any) -> Any:
        number = type(self.width)
        low, factor = number(shift) + self.low * number(stretch), number(stretch)
        return plain(replace(self, low=low, width=self.width * factor), *given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Newton, "_differences", other)
        again = rl.ratio_aware_risk(SMALL, law, **options)
    parts = ("bias", "design_variance", "noise_variance", "total")
    assert worst_error(again, {name: getattr(found, name) for name in parts}) < NARROW_LAW


PLAIN = [x for x in CASES if has_one_mask_or_all(x) and not isinstance(x.mask_ratio, rl.Masking)]


@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_degree_0_is_the_plain_predictor(case: Case) -> None:
    ratio, keywords = case.arguments
    plain = rl.risk(case.eigenvalues, ratio, target=case.target, **keywords)
    found = rl.ratio_aware_risk(case.eigenvalues, ratio, degree=0, target=case.target, **keywords)
    parts = ("bias", "design_variance", "noise_variance", "total")
    # With gaps of nine decades and a ridge of 1e-14 both are a little off.
    allowed = IDENTITY if "plateau" in case.name else RISK
    assert worst_error(found, {name: getattr(plain, name) for name in parts}) < allowed


@pytest.mark.parametrize("masks", [1, math.inf])
@pytest.mark.parametrize("aspect_ratio", [0.3, 3.0])
def test_degree_0_under_a_uniform_law(masks: float, aspect_ratio: float) -> None:
    options: dict[str, Any] = {"aspect_ratio": aspect_ratio, "masks_per_sample": masks}
    law = rl.UniformRatio(0.1, 0.9)
    plain = rl.risk(POWER, law, **options).total
    assert rl.ratio_aware_risk(POWER, law, degree=0, **options).total == pytest.approx(
        plain, rel=RISK
    )


@pytest.mark.parametrize("degree", [1, 3])
@pytest.mark.parametrize("aspect_ratio", [0.1, 0.3, 0.49])
def test_as_many_ratios_as_polynomials_are_separate_regressions(
    aspect_ratio: float, degree: int
) -> None:
    """Where a ratio has more rows than features, whatever the rows of the other ratio do."""
    law = rl.DiscreteRatio([0.3, 0.6], [2, 1])
    checked = 0
    for p, share in zip(law.values, law.weights, strict=True):
        if share / aspect_ratio > 1:
            alone = rl.risk(
                POWER, p, aspect_ratio=aspect_ratio / share, target=TASK, test_mask_ratio=p
            )
            joint = rl.ratio_aware_risk(
                POWER, law, degree=degree, aspect_ratio=aspect_ratio, target=TASK, test_mask_ratio=p
            )
            assert joint.total == pytest.approx(alone.total, rel=IDENTITY)
            checked += 1
    assert checked == (2 if aspect_ratio < 1 / 3 else 1)


def test_a_single_ratio_tested_where_it_trained_is_the_plain_predictor() -> None:
    """Its polynomials are one number, which only rescales the ridge."""
    size = float((np.polynomial.legendre.legvander([0.2], 2) ** 2).sum())  # 2q - 1 = 0.2
    options: dict[str, Any] = {"target": TASK, "aspect_ratio": 1.5, "test_mask_ratio": 0.4}
    plain = rl.risk(POWER, 0.4, ridge=0.3 / size, **options).total
    found = rl.ratio_aware_risk(POWER, 0.4, degree=2, ridge=0.3, **options).total
    assert found == pytest.approx(plain, rel=IDENTITY)


def test_adapting_helps_where_rows_are_free() -> None:
    """With infinitely many rows, more polynomials fit the training law better."""
    law = rl.UniformRatio(0.1, 0.9)
    tests, weights = law.nodes(64)
    means = [
        weights
        @ rl.ratio_aware_risk(
            POWER, law, degree=degree, aspect_ratio=0.0, target=TASK, test_mask_ratio=tests
        ).total
        for degree in range(4)
    ]
    assert np.all(np.diff(means) < 0)


# --- thresholds ---------------------------------------------------------------------------------


def total(law: Any, aspect_ratio: float, **options: Any) -> Any:
    options = {"degree": 1, "target": TASK} | options
    return rl.ratio_aware_risk(POWER, law, aspect_ratio=aspect_ratio, **options).total


def test_risk_is_infinite_at_the_threshold() -> None:
    found = rl.ratio_aware_risk(POWER, rl.UniformRatio(), aspect_ratio=0.5, target=TASK)
    assert found.total == found.design_variance == found.noise_variance == math.inf
    assert 0 < found.bias < math.inf
    assert total(TWO, 0.5) == total(TWO, 0.5, degree=3) == math.inf
    assert total(THREE, 0.25, degree=3) < total(THREE, 0.33, degree=3) < math.inf
    assert total(0.3, 1.0, degree=2) == math.inf
    assert total(0.3, 1.0, degree=2, test_mask_ratio=1.0) == 1.0
    clean = rl.LinearTarget(snr=math.inf)
    assert total(0.0, 1.0, target=clean) == 0.0


def test_a_ratio_with_many_rows_splits_the_threshold() -> None:
    """At N = d / 0.6 it has d rows; at N = d / 0.4 the others have the d rows that are left."""
    assert total(HEAVY, 0.6) == total(HEAVY, 0.4) == math.inf
    assert total(HEAVY, 0.5) < 50
    assert total(HEAVY, 0.4, test_mask_ratio=0.2) < 50  # its own rows are enough


def test_a_law_that_reaches_one_is_infinite_when_rows_are_interpolated() -> None:
    law = rl.UniformRatio(0.0, 1.0)
    assert total(law, 0.8) == math.inf
    assert total(law, 0.2) < math.inf
    assert total(law, 0.8, masks_per_sample=math.inf) < math.inf
    assert total(law, 0.8, test_mask_ratio=1.0) == 1.0


# --- arguments ----------------------------------------------------------------------------------


def test_limits() -> None:
    for law, options in [
        (1.0, {}),
        (0.5, {"aspect_ratio": math.inf}),
        (rl.UniformRatio(), {"test_mask_ratio": 1.0}),
        (1.0, {"masks_per_sample": math.inf}),
        (0.0, {"rows": "masked"}),
        (0.0, {"rows": "masked", "masks_per_sample": math.inf}),
        (0.5, {"ridge": 1e200}),
    ]:
        found = rl.ratio_aware_risk(POWER, law, target=TASK, **options)
        assert found.total == found.bias == pytest.approx(1.0)
    at_once = rl.ratio_aware_risk(POWER, THREE, aspect_ratio=0.0, target=TASK)
    nearly = rl.ratio_aware_risk(POWER, THREE, aspect_ratio=1e-13, target=TASK)
    assert at_once.variance == 0.0
    assert at_once.total == pytest.approx(nearly.total, rel=RATIO_AWARE)
    marginal = rl.ratio_aware_risk(
        POWER, THREE, aspect_ratio=0.0, target=TASK, masks_per_sample=math.inf
    )
    assert marginal.total == pytest.approx(at_once.total, rel=RATIO_AWARE)


def test_arguments_broadcast() -> None:
    surface = rl.ratio_aware_risk(
        POWER,
        [0.2, 0.5],
        aspect_ratio=[[0.5], [2.0], [3.0]],
        target=rl.LinearTarget(snr=[1.0, 4.0]),
        test_mask_ratio=0.3,
    )
    single = rl.ratio_aware_risk(
        POWER, 0.5, aspect_ratio=3.0, target=rl.LinearTarget(snr=4.0), test_mask_ratio=0.3
    )
    assert surface.total.shape == (3, 2)
    assert surface.total[2, 1] == single.total
    assert list(surface.to_frame()["degree"]) == [1] * 6
    assert rl.ratio_aware_risk(POWER, []).total.shape == (0,)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"degree": -1}, "degree must be an integer of at least 0, got -1"),
        ({"degree": 1.5}, "degree must be an integer"),
        ({"mask_ratio": 1.2}, r"mask_ratio must lie in \[0, 1\], got 1.2"),
        ({"aspect_ratio": -1.0}, "aspect_ratio must be at least 0"),
        ({"ridge": math.inf}, "ridge must be finite"),
        ({"rows": "some"}, "rows must be"),
        ({"target": "linear"}, "target must be MaskedFeature"),
        ({"aspect_ratio": [1.0, 2.0], "ridge": [0.0] * 3}, "must broadcast together"),
    ],
)
def test_bad_arguments_are_named(options: dict[str, Any], says: str) -> None:
    with pytest.raises(rl.DomainError, match=says):
        rl.ratio_aware_risk(POWER, **({"mask_ratio": 0.5} | options))


def test_several_masks_are_not_derived() -> None:
    with pytest.raises(NotImplementedError, match="masks_per_sample = 2"):
        rl.ratio_aware_risk(POWER, THREE, masks_per_sample=2)


@pytest.mark.parametrize("aspect_ratio", [0.25, 1 - 2**-50, 3.0])
@pytest.mark.parametrize("p", [1e-300, 1e-60, 1e-30, 1e-10])
def test_the_tiny_ridge_of_rare_masks_is_not_lost(p: float, aspect_ratio: float) -> None:
    """Infinitely many masks are a ridge of p/q; below the threshold it decides what is left."""
    options = {
        "masks_per_sample": math.inf, "rows": "all", "aspect_ratio": aspect_ratio,
        "test_mask_ratio": 0.3, "target": rl.LinearTarget(),
    }  # fmt: skip
    found = rl.ratio_aware_risk([1.0, 4.0], p, degree=0, **options)
    assert found.total == pytest.approx(rl.risk([1.0, 4.0], p, **options).total, rel=1e-9)

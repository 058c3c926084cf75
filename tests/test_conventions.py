"""Fills, powers of rows and masks of several ratios: accuracy, identities, negative controls."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import ridgeless as rl
from tests import blocks_oracle, oracle, strategies
from tests.test_properties import away_from_threshold, parts
from tests.tolerances import IDENTITY, RISK

VALUES, MASSES, NOISE = [0.2, 1.0, 3.0], [0.3, 0.2, 0.1], 0.7
STRENGTH = math.fsum(m * s for m, s in zip(MASSES, VALUES, strict=True))
TASK = rl.LinearTarget(STRENGTH / NOISE, MASSES, STRENGTH)
LAW = [(0.1, 1), (0.9, 2), (1.0, 1)]
POWERS = [(0.0, 1), (0.25, 2), (2.0, 3)]

#: The spectrum and task of the figures of docs/theory.md.
SPECTRUM = rl.Spectrum([0.2, 1.0, 3.0], weights=[0.5, 0.25, 0.25])
LINEAR = rl.LinearTarget(snr=2.0)
UNIFORM, ATOMS = rl.UniformRatio(0.1, 0.9), rl.DiscreteRatio([0.1, 0.5, 0.8])


def agree(found: rl.Risk, exact: dict[str, Any]) -> None:
    total = float(exact["total"])
    for part, value in exact.items():
        assert getattr(found, part) == pytest.approx(float(value), rel=RISK, abs=RISK * total)


# --- against many digits ----------------------------------------------------------------------


@pytest.mark.parametrize("rows", ["all", "masked"])
@pytest.mark.parametrize("ridge", [0.0, 0.125])
@pytest.mark.parametrize("masks", [1, 3, math.inf])
@pytest.mark.parametrize(("fill", "test_fill"), [("rescale", "zero"), ("zero", "rescale")])
@pytest.mark.parametrize("gamma", [0.25, 4.0])
def test_fills_match_the_reference(
    gamma: float, fill: str, test_fill: str, masks: float, ridge: float, rows: str
) -> None:
    law: Any = 0.375 if masks == 3 else LAW
    ratio = law if masks == 3 else rl.DiscreteRatio(*zip(*LAW, strict=True))
    known: dict[str, Any] = {
        "aspect_ratio": gamma, "ridge": ridge, "masks_per_sample": masks, "rows": rows,
        "fill": fill, "test_fill": test_fill, "test_mask_ratio": 0.25,
    }  # fmt: skip
    found = rl.risk(VALUES, ratio, target=TASK, **known)
    agree(found, oracle.risk(VALUES, law, masses=MASSES, noise=NOISE, **known))


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("ridge", [0.0, 0.125])
@pytest.mark.parametrize("masks", [1, 3, math.inf])
@pytest.mark.parametrize("fill", ["zero", "rescale"])
@pytest.mark.parametrize("gamma", [0.125, 4.0])
def test_powers_match_the_reference(
    gamma: float, fill: str, masks: float, ridge: float, shared: bool
) -> None:
    """The reference multiplies rows by their power; the package divides by it."""
    law: Any = 0.375 if masks == 3 else LAW
    ratio = law if masks == 3 else rl.DiscreteRatio(*zip(*LAW, strict=True))
    target: Any = TASK
    if shared:
        target = Shared(TASK.on(rl.Spectrum(VALUES))._replace(shared=True))
    known: dict[str, Any] = {
        "aspect_ratio": gamma, "ridge": ridge, "masks_per_sample": masks, "fill": fill,
        "rows": "all", "test_mask_ratio": 0.25,
    }  # fmt: skip
    power = rl.DiscretePower(*zip(*POWERS, strict=True))
    found = rl.risk(VALUES, ratio, target=target, row_power=power, **known)
    known |= {"powers": POWERS, "shared": shared}
    agree(found, oracle.risk(VALUES, law, masses=MASSES, noise=NOISE, **known))


class Shared:
    """A target of given signal."""

    rows = "all"

    def __init__(self, signal: Any) -> None:
        self.signal = signal

    def on(self, spectrum: rl.Spectrum) -> Any:
        return self.signal


def test_tiny_ratios_keep_their_digits() -> None:
    law = [(1e-8, 1), (1e-6, 1), (0.25, 1)]
    known: dict[str, Any] = {"aspect_ratio": 5.0}
    found = rl.risk(
        VALUES, rl.DiscreteRatio(*zip(*law, strict=True)), target=TASK, masks_per_sample=2, **known
    )
    exact = blocks_oracle.risk(
        VALUES, law, masses=MASSES, noise=NOISE, masks=2, start=(3.0, 3.0), **known
    )
    agree(found, exact)


@pytest.mark.parametrize("rows", ["all", "masked"])
@pytest.mark.parametrize("fill", ["zero", "rescale"])
@pytest.mark.parametrize(
    ("masks", "gamma", "ridge", "powers"),
    [
        (2, 0.25, 0.0, None),
        (2, 5.0, 0.0, None),
        (2, 1.0, 0.125, [(0.5, 1), (1.5, 1)]),
        pytest.param(4, 0.3, 0.0, [(0.5, 1), (1.5, 1)], marks=pytest.mark.nojit_slow),
        (4, 9.0, 0.0, None),
    ],
)
def test_mixed_masks_match_the_reference(
    masks: int, gamma: float, ridge: float, powers: Any, fill: str, rows: str
) -> None:
    law = [(0.25, 1), (0.75, 1)] if masks == 4 else [(0.1, 1), (0.5, 2), (0.8, 1)]
    known: dict[str, Any] = {"aspect_ratio": gamma, "ridge": ridge, "rows": rows, "fill": fill}
    found = rl.risk(
        VALUES,
        rl.DiscreteRatio(*zip(*law, strict=True)),
        target=TASK,
        masks_per_sample=masks,
        row_power=None if powers is None else rl.DiscretePower(*zip(*powers, strict=True)),
        **known,
    )
    exact = blocks_oracle.risk(
        VALUES, law, masses=MASSES, noise=NOISE, masks=masks, powers=powers or ((1, 1),),
        start=(0.7 * gamma, 0.5 * gamma), **known,
    )  # fmt: skip
    agree(found, exact)


# --- identities -------------------------------------------------------------------------------


def close(found: rl.Risk, expected: rl.Risk, tolerance: float = IDENTITY) -> None:
    scale = tolerance * float(np.max(expected.total))
    np.testing.assert_allclose(parts(found), parts(expected), rtol=tolerance, atol=scale)


@given(values=strategies.positive_eigenvalues, problem=strategies.problems)
def test_rescaling_one_ratio_is_a_factor(values: list[float], problem: dict) -> None:
    """Rows of zeros have q^2 times the ridge; tests are at the same ratio (eq-rescaled-factor)."""
    assume(away_from_threshold(problem))
    q = 1 - problem["mask_ratio"]
    same = problem | {"test_mask_ratio": problem["mask_ratio"]}
    one = rl.risk(values, **same | {"fill": "rescale"})
    two = rl.risk(values, **same | {"ridge": q * q * problem["ridge"]})
    close(one, two, 1e-8)


@pytest.mark.nojit_slow
@given(
    values=strategies.positive_eigenvalues,
    problem=strategies.problems,
    law=strategies.laws,
    fill=strategies.fills,
)
def test_blocks_of_one_mask_are_its_classes(
    values: list[float], problem: dict, law: rl.RatioLaw, fill: str
) -> None:
    """K masks of a law that hardly spreads are K masks of one ratio."""
    masks = problem["masks_per_sample"]
    assume(1 < masks < math.inf and away_from_threshold(problem))
    p = problem["mask_ratio"]
    narrow = rl.DiscreteRatio([p, p * (1 - 1e-13)])
    mixed = rl.risk(values, **problem | {"mask_ratio": narrow, "fill": fill})
    close(mixed, rl.risk(values, **problem | {"fill": fill}), 1e-8)


@pytest.mark.nojit_slow
@given(
    values=strategies.eigenvalues,
    problem=strategies.problems,
    law=strategies.discrete_laws,
    fill=strategies.fills,
    test_fill=strategies.fills,
    power=strategies.powers,
)
def test_parts_are_nonnegative_numbers(
    values: list[float], problem: dict, law: rl.RatioLaw, fill: str, test_fill: str, power: Any
) -> None:
    found = rl.risk(
        values, **problem | {"mask_ratio": law}, fill=fill, test_fill=test_fill, row_power=power
    )
    assert (parts(found) >= 0).all()


@given(values=strategies.positive_eigenvalues, power=strategies.powers, gamma=st.floats(1.5, 20))
def test_interpolation_feels_power_in_the_noise_alone(
    values: list[float], power: Any, gamma: float
) -> None:
    given_ = {"aspect_ratio": gamma, "target": LINEAR}
    bare, found = rl.risk(values, 0.4, **given_), rl.risk(values, 0.4, **given_, row_power=power)
    factor = 1.0
    if power is not None:
        rule = power.rule()
        factor = float(rule.weight @ rule.inverse)
    assert found.bias == pytest.approx(bare.bias, rel=IDENTITY)
    assert found.design_variance == pytest.approx(bare.design_variance, rel=IDENTITY)
    assert found.noise_variance == pytest.approx(factor * bare.noise_variance, rel=IDENTITY)
    feature = rl.risk(values, 0.4, aspect_ratio=gamma, rows="all", row_power=power)
    close(feature, rl.risk(values, 0.4, aspect_ratio=gamma, rows="all"))


@given(values=strategies.positive_eigenvalues, gamma=strategies.aspect_ratios)
def test_a_rescaled_law_of_infinitely_many_masks_is_its_harmonic_mean(
    values: list[float], gamma: float
) -> None:
    known = {"aspect_ratio": gamma, "target": LINEAR, "masks_per_sample": math.inf}
    known |= {"fill": "rescale", "ridge": 0.3}
    law = rl.UniformRatio(0.1, 0.9)
    mean = math.log(9.0) / 0.8  # of 1/q
    close(rl.risk(values, law, **known), rl.risk(values, 1 - 1 / mean, **known), 1e-9)


@given(
    values=strategies.positive_eigenvalues,
    gamma=st.floats(0.05, 10),
    snr=st.floats(0.1, 20),
    power=strategies.powers,
)
def test_the_best_rescaled_ratio_is_gamma_over_gamma_plus_snr(
    values: list[float], gamma: float, snr: float, power: Any
) -> None:
    """And its risk is Bayes', sigma^2 m1/base, below that of any other scheme."""
    known: dict[str, Any] = {
        "aspect_ratio": gamma, "target": rl.LinearTarget(snr=snr), "row_power": power
    }  # fmt: skip
    endless = known | {"masks_per_sample": math.inf, "fill": "rescale"}
    best = gamma / (gamma + snr)
    around = rl.risk(values, [best * 0.99, best, best * 0.99 + 0.01], **endless).total
    assert around[1] <= around.min() * (1 + IDENTITY)
    for other in ({"fill": "zero"}, {"fill": "rescale"}):
        totals = rl.risk(values, [0.0, 0.1, best, 0.5, 0.9], **known, ridge=0.1, **other).total
        assert (totals >= around[1] * (1 - IDENTITY)).all()


def test_a_law_that_reaches_one_is_finite_where_it_is_rescaled() -> None:
    law = rl.UniformRatio(0.0, 1.0)
    found = rl.risk(SPECTRUM, law, aspect_ratio=2.0, target=LINEAR, fill="rescale")
    assert found.total == pytest.approx(0.9510, abs=5e-5)
    for masks in (1, 3, math.inf):
        null = rl.risk(
            SPECTRUM, law, aspect_ratio=0.0, target=LINEAR, fill="rescale", masks_per_sample=masks
        )
        assert null.total == null.null
    with pytest.raises(rl.ConvergenceError, match="aspect_ratio must be 0 or at least"):
        rl.risk(SPECTRUM, law, aspect_ratio=1e-30, target=LINEAR, fill="rescale")
    zeros = rl.risk(SPECTRUM, law, aspect_ratio=9.0, target=LINEAR, masks_per_sample=3)
    assert zeros.total == math.inf


def test_an_atom_near_one_is_no_row_that_is_dropped() -> None:
    """A rescaled row that shows almost nothing still says that almost nothing is there."""
    near, at = (
        rl.risk(
            SPECTRUM, rl.DiscreteRatio([0.3, p]), aspect_ratio=0.3, target=LINEAR, fill="rescale"
        ).total
        for p in (1 - 1e-9, 1.0)
    )
    assert (near, at) == pytest.approx((1.000, 0.666), abs=5e-4)


@pytest.mark.parametrize("sign", [-1, 1])
def test_repeated_rows_have_a_threshold_of_their_own(sign: int) -> None:
    """At 2 - 1/4 rows per sample for half of two masks empty, from both sides."""
    law = rl.DiscreteRatio([0.0, 0.5])
    known = {"target": LINEAR, "masks_per_sample": 2}
    assert rl.risk(SPECTRUM, law, aspect_ratio=1.75, **known).total == math.inf
    near = rl.risk(SPECTRUM, law, aspect_ratio=1.75 * (1 + sign * 1e-6), **known)
    far = rl.risk(SPECTRUM, law, aspect_ratio=1.75 * (1 + sign * 1e-3), **known)
    assert near.total == pytest.approx(1e3 * far.total, rel=1e-2)
    ridge = rl.risk(SPECTRUM, law, aspect_ratio=2.0, ridge=1e-13, **known)
    assert ridge.total == pytest.approx(rl.risk(SPECTRUM, law, aspect_ratio=2.0, **known).total)


def test_masks_of_a_law_approach_infinitely_many() -> None:
    known = {"aspect_ratio": 0.7, "target": LINEAR}
    limit = parts(rl.risk(SPECTRUM, UNIFORM, masks_per_sample=math.inf, **known))[:3]
    gaps = [
        parts(rl.risk(SPECTRUM, UNIFORM, masks_per_sample=k, **known))[:3] - limit
        for k in (1024, 4096)
    ]
    np.testing.assert_allclose(gaps[0] / gaps[1], 4, rtol=1e-2)


# --- figures that an independent implementation found --------------------------------------------


@pytest.mark.parametrize(
    ("masks", "law", "below", "above"),
    [
        (2, UNIFORM, 1.326, 3.006),
        (2, ATOMS, 1.254, 2.970),
        (4, UNIFORM, 1.721, 2.902),
        (4, ATOMS, 1.728, 2.974),
        (8, UNIFORM, 2.079, 2.826),
        (8, ATOMS, 2.206, 3.030),
    ],
)
def test_figures_of_mixed_masks(masks: int, law: Any, below: float, above: float) -> None:
    gamma = np.array([0.4, 2.0]) * masks
    found = rl.risk(SPECTRUM, law, masks_per_sample=masks, aspect_ratio=gamma, target=LINEAR)
    assert found.total == pytest.approx([below, above], abs=6e-4)


def test_figures_of_powers() -> None:
    for degrees, linear, feature in (
        (3.0, (0.9695, 4.3866), (1.4663, 1.0670)),
        (5.0, (0.7660, 2.9384), (1.3111, 1.0670)),
    ):
        known = {"aspect_ratio": [0.25, 2.0], "row_power": rl.StudentPower(degrees)}
        assert rl.risk(SPECTRUM, 0.5, target=LINEAR, **known).total == pytest.approx(
            linear, abs=6e-5
        )
        assert rl.risk(SPECTRUM, 0.5, **known).total == pytest.approx(feature, abs=6e-5)


def test_negative_controls() -> None:
    """What would be found if masks of a sample were rows of their own, or power were ignored."""
    apart = rl.risk(SPECTRUM, UNIFORM, aspect_ratio=0.4, target=LINEAR).total
    together = rl.risk(SPECTRUM, UNIFORM, masks_per_sample=4, aspect_ratio=1.6, target=LINEAR).total
    assert (apart, together) == pytest.approx((1.085, 1.721), abs=6e-4)
    plain = rl.risk(SPECTRUM, 0.5, aspect_ratio=2.0, target=LINEAR).total
    heavy = rl.risk(
        SPECTRUM, 0.5, aspect_ratio=2.0, target=LINEAR, row_power=rl.StudentPower(3.0)
    ).total
    assert heavy > 1.5 * plain
    fills = {"target": LINEAR, "aspect_ratio": 0.25, "test_mask_ratio": 0.4}
    found = [
        rl.risk(SPECTRUM, UNIFORM, fill="rescale", test_fill=test, **fills).total
        for test in ("zero", "rescale")
    ]
    assert found == pytest.approx([0.5815, 0.5643], abs=6e-5)

"""Masks as a ridge and a factor, against masks that are drawn."""

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.recommend.scheme import scheme
from tests.tolerances import MONTE_CARLO_Z, ROUNDING

LAWS = [
    0.3,
    rl.UniformRatio(0.1, 0.9),
    rl.DiscreteRatio([0.2, 0.6], [0.5, 0.5], loss_weights=[1, 3]),
]


@pytest.mark.parametrize("rows", ["masked", "all"])
@pytest.mark.parametrize("fill", ["zero", "rescale"])
@pytest.mark.parametrize("law", LAWS, ids=["fixed", "uniform", "weighted"])
def test_it_solves_the_masked_regression(law: float | rl.RatioLaw, fill: str, rows: str) -> None:
    """Normal equations of a million masked rows, with the target masked in those that count."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1_000_000, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
    y = x @ [0.7, -0.4]
    fixed = isinstance(law, float)
    p = np.full(len(x), law) if fixed else law.sample(rng, len(x))
    weight = np.ones(len(x)) if fixed else law.loss_weight(p)
    hidden, target = rng.random(x.shape) < p[:, None], rng.random(len(x)) < p
    inputs = np.where(hidden, 0.0, x) / (1.0 if fill == "zero" else (1 - p)[:, None])
    weight = weight * (target if rows == "masked" else 1.0)
    ridge = 0.1
    second = (inputs * weight[:, None]).T @ inputs / weight.sum() + ridge * np.eye(2)
    drawn = np.linalg.solve(second, inputs.T @ (weight * y) / weight.sum())
    one = scheme(law, fill=fill, test_fill=fill, ridge=ridge, test_mask_ratio=0.0, rows=rows)
    S = np.array([[1.0, 0.6], [0.6, 1.0]])
    solved = one.factor * np.linalg.solve(S + one.penalty * np.eye(2), S @ [0.7, -0.4])
    np.testing.assert_allclose(solved, drawn, atol=MONTE_CARLO_Z * 3e-3)


def test_a_fixed_ratio_in_closed_form() -> None:
    options = {"ridge": 0.2, "test_mask_ratio": 0.25, "rows": "masked"}
    zero = scheme(0.2, fill="zero", test_fill="zero", **options)
    assert zero.penalty == pytest.approx(0.2 / 0.8 + 0.2 / 0.64, rel=ROUNDING)
    assert (zero.factor, zero.seen, zero.hidden) == pytest.approx((1.25, 0.75, 0.1875))
    same = scheme(0.2, fill="rescale", test_fill="rescale", **options)
    assert (same.penalty, same.factor) == pytest.approx((0.45, 1.0))
    assert (same.seen, same.hidden) == pytest.approx((1.0, 1 / 3))


def test_the_smallest_ratio_is_its_limit() -> None:
    options = {"fill": "zero", "test_fill": "zero", "ridge": 0.0, "test_mask_ratio": 1.0}
    none = scheme(0.0, rows="masked", **options)
    assert (none.penalty, none.factor, none.seen, none.hidden) == (0.0, 1.0, 0.0, 0.0)


def test_errors_are_means_over_masks_of_the_test_inputs() -> None:
    rng = np.random.default_rng(1)
    one = scheme(0.3, fill="zero", test_fill="rescale", ridge=0, test_mask_ratio=0.4, rows="all")
    parts, y = np.array([0.5, -1.0, 0.25]), 0.8
    kept = (rng.random((400_000, 3)) > 0.4) / 0.6
    drawn = (y - one.factor * kept @ parts) ** 2
    found = one.squared_error(np.array(y), np.array(parts.sum()), np.array((parts**2).sum()))
    error = MONTE_CARLO_Z * drawn.std() / np.sqrt(drawn.size)
    assert found == pytest.approx(drawn.mean(), abs=error)

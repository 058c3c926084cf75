"""Laws of the power of rows."""

import math

import numpy as np
import pytest

import ridgeless as rl
from tests.tolerances import IDENTITY, MONTE_CARLO_Z, ROUNDING


@pytest.mark.parametrize("degrees", [2.05, 3.0, 5.0, 30.0, 200.0, 1e4])
def test_student_nodes_have_its_moments(degrees: float) -> None:
    """1/pi is chi-squared over degrees - 2."""
    rule = rl.StudentPower(degrees).rule()
    mean = degrees / (degrees - 2)
    assert rule.weight @ rule.inverse == pytest.approx(mean, rel=IDENTITY)
    square = mean * (degrees + 2) / (degrees - 2)
    assert rule.weight @ rule.inverse**2 == pytest.approx(square, rel=IDENTITY)


@pytest.mark.parametrize("sigma", [0.1, 1.0, 3.0, 8.0])
def test_lognormal_nodes_have_its_moments(sigma: float) -> None:
    rule = rl.LognormalPower(sigma).rule()
    assert rule.weight @ rule.inverse == pytest.approx(math.exp(sigma**2), rel=IDENTITY)
    assert rule.weight @ (1 / rule.inverse) == pytest.approx(1, rel=IDENTITY)


@pytest.mark.parametrize(
    "power", [rl.StudentPower(8.0), rl.LognormalPower(0.7), rl.DiscretePower([0, 1, 4], [1, 2, 1])]
)
def test_draws_follow_the_rule(power: rl.RowPower) -> None:
    """By a bounded function of the power, so that the mean of draws has a known error."""
    rule, draws = power.rule(), power.sample(np.random.default_rng(0), 100_000)
    for scale in (0.3, 1.0, 3.0):
        expected = rule.kept * (rule.weight @ (1 / (1 + scale * rule.inverse)))
        found = draws / (draws + scale)
        error = found.std() / math.sqrt(found.size)
        assert abs(found.mean() - expected) < MONTE_CARLO_Z * error


def test_discrete_powers_are_scaled_and_zeros_are_apart() -> None:
    power = rl.DiscretePower([0.0, 2.0, 6.0], [2, 1, 1])
    assert power.values == (0.0, 1.0, 3.0)
    rule = power.rule()
    np.testing.assert_allclose(rule.inverse, [1, 1 / 3], rtol=ROUNDING)
    np.testing.assert_allclose(rule.weight, [0.5, 0.5], rtol=ROUNDING)
    assert rule.kept == 0.5


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: rl.StudentPower(2.0), "degrees must be above 2"),
        (lambda: rl.StudentPower(math.inf), "degrees must be above 2"),
        (lambda: rl.LognormalPower(-1.0), "sigma must be in"),
        (lambda: rl.LognormalPower(11.0), "sigma must be in"),
        (lambda: rl.DiscretePower([]), "values must be a non-empty list"),
        (lambda: rl.DiscretePower([-1.0, 2.0]), "values"),
        (lambda: rl.DiscretePower([0.0]), "a power above 0"),
        (lambda: rl.DiscretePower([0.0, 1.0], [1, 0]), "a power above 0"),
        (lambda: rl.DiscretePower([1.0], [1, 2]), "weights must be 1 numbers"),
    ],
)
def test_powers_that_are_none_are_refused(make, says) -> None:
    with pytest.raises(rl.DomainError, match=says):
        make()


class HeavyBelow(rl.RowPower):
    """Powers so often near 0 that the mean of 1/pi is infinite."""

    inverse_mean_is_finite = False

    def rule(self):
        return rl.LognormalPower(1.0).rule()

    def sample(self, rng, size):
        return rl.LognormalPower(1.0).sample(rng, size)


def test_interpolated_noise_of_powers_without_inverse_mean_is_infinite() -> None:
    options = {"target": rl.LinearTarget(), "row_power": HeavyBelow()}
    found = rl.risk([1.0, 2.0], 0.5, aspect_ratio=[0.5, 2.0], **options)
    assert np.isinf(found.noise_variance).tolist() == [False, True]
    assert np.isfinite(found.design_variance).all()
    assert np.isfinite(rl.risk([1.0, 2.0], 0.5, ridge=0.1, **options).total)
    shared = rl.risk([1.0, 2.0], 0.5, row_power=HeavyBelow())
    assert np.isfinite(shared.total)

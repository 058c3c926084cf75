"""Activations: closed forms beside quadrature, and what is no activation."""

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.activation import ACTIVATIONS, Activation, checked_activation
from tests.tolerances import ACTIVATIONS as CLOSE
from tests.tolerances import KINK

NU = np.array([0.05, 0.2, 1.0, 9.0, 100.0, 1e4])
SMOOTH = ("erf", "gelu", "tanh")


def generic(name: str) -> Activation:
    return Activation(ACTIVATIONS[name].function, name)


@pytest.mark.parametrize("name", ["relu", *SMOOTH])
def test_moments(name: str) -> None:
    found = ACTIVATIONS[name].moments(NU)
    for x, y in zip(found, generic(name).moments(NU), strict=True):
        np.testing.assert_allclose(x, y, rtol=CLOSE)


def test_moments_of_the_identity() -> None:
    slope, remainder = generic("identity").moments(NU)
    np.testing.assert_allclose(slope, 1.0, rtol=CLOSE)
    assert (np.abs(remainder) <= CLOSE * NU).all()


def test_small_inputs_are_passed_on_linearly() -> None:
    slope, remainder = ACTIVATIONS["tanh"].moments(np.zeros(1))
    assert slope[0] == pytest.approx(1.0, rel=CLOSE)
    assert remainder[0] == 0.0


@pytest.mark.parametrize("name", [*SMOOTH, "relu"])
def test_masks_of_one_input_share_a_part(name: str) -> None:
    nu, mask = np.array([0.2, 1.0, 4.0]), np.array([0.9, 0.5, 0.1])
    tolerance = KINK if name == "relu" else CLOSE
    known, series = ACTIVATIONS[name], generic(name)
    np.testing.assert_allclose(
        known.overlap(nu, 1 - mask), series.overlap(nu, 1 - mask), rtol=tolerance
    )
    np.testing.assert_allclose(known.lost(nu, mask), series.lost(nu, mask), rtol=tolerance)


@pytest.mark.parametrize("name", ["identity", "relu", *SMOOTH])
def test_what_is_shared_and_what_is_lost_add_up(name: str) -> None:
    nu, mask = np.array([0.2, 1.0, 4.0]), np.array([0.9, 0.5, 0.1])
    known = ACTIVATIONS[name]
    # Two masks of ratio p have the correlation 1 - p, as the diagonal has.
    both = known.overlap(nu, 1 - mask).diagonal() + known.lost(nu, mask)
    np.testing.assert_allclose(both, known.moments(nu)[1], rtol=CLOSE, atol=0)
    assert (known.lost(nu, 0 * mask) == 0).all()
    tiny = known.lost(nu, np.full(3, 1e-12))
    assert (tiny >= 0).all()
    assert (tiny <= 1e-5 * (1 + nu**3)).all()


def test_a_function_is_an_activation() -> None:
    mine = checked_activation(np.tanh)
    assert (mine.name, mine.linear) == ("tanh", False)
    np.testing.assert_allclose(mine.moments(NU)[0], ACTIVATIONS["tanh"].moments(NU)[0], rtol=CLOSE)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("swish", "activation must be one of 'identity', .* or a function, got 'swish'"),
        (3, "activation must be one of"),
        (lambda x: x.sum(), r"must return a finite number for each .* shape \(\)"),
        (lambda _: 1 / 0, "which raised ZeroDivisionError"),
        (lambda x: 0 * x + 2, "must not be constant"),
        (lambda x: np.where(x > 0, np.inf, 0), "must return a finite number"),
    ],
)
def test_what_is_no_activation(given, sentence) -> None:
    with pytest.raises(rl.DomainError, match=sentence):
        checked_activation(given)

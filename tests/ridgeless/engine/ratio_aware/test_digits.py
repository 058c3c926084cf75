"""Small linear algebra in decimals, and how many digits an answer takes."""

from decimal import Decimal

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.engine.ratio_aware.digits import (
    decimals,
    eigen,
    enough,
    inverse,
    precision,
    solve,
)
from tests.tolerances import ROUNDING

HILBERT = 1 / (np.arange(6)[:, None] + np.arange(6) + 1.0)


def test_a_hilbert_matrix_is_inverted_to_the_last_digit() -> None:
    with precision(60):
        matrix = decimals(HILBERT, 60)
        product = matrix @ inverse(matrix)
        solution, growth = solve(matrix, matrix[:, 0])
    np.testing.assert_allclose(product.astype(float), np.eye(6), atol=ROUNDING)
    np.testing.assert_allclose(solution.astype(float), np.eye(6)[0], atol=ROUNDING)
    assert growth > 1e3


@pytest.mark.parametrize("digits", [None, 60])
def test_two_forms_become_diagonal(digits: int | None) -> None:
    total = np.eye(6) + HILBERT
    with precision(digits):
        form, both = decimals(HILBERT, digits), decimals(total, digits)
        values, change, growth = eigen(form, both)
        diagonal = change.T @ form @ change
        one = change.T @ both @ change
    np.testing.assert_allclose(one.astype(float), np.eye(6), atol=ROUNDING)
    expected = np.diag(values.astype(float))
    np.testing.assert_allclose(diagonal.astype(float), expected, atol=ROUNDING)
    assert growth >= 1


def test_digits_are_added_until_they_are_enough() -> None:
    asked = []

    def answer(digits: int | None) -> tuple[np.ndarray, np.ndarray]:
        """1e50 + 1 - 1e50, whose terms are 1e50 times the sum."""
        asked.append(digits)
        large, one = decimals([1e50, 1.0], digits)
        return decimals([float(large + one - large)], digits), np.array([2 * large])

    assert enough(answer, np.zeros(1), "here") == [1.0]
    assert asked == [None, 40, 80]


def test_what_cancels_too_much_is_not_answered() -> None:
    def answer(digits: int | None) -> tuple[np.ndarray, np.ndarray]:
        return decimals([0.0], digits), decimals([1e300], digits) ** 5

    with pytest.raises(rl.ConvergenceError, match="cancel more than 1280 digits at p = 0"):
        enough(answer, np.zeros(1), "at p = 0")


def test_decimals_are_exact() -> None:
    assert decimals(0.1, 40)[()] == Decimal.from_float(0.1) != Decimal("0.1")
    assert decimals(0.1, None)[()] == 0.1

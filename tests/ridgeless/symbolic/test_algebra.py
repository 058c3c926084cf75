"""Steps of algebra change how a formula looks, not what it is."""

import pytest
import sympy as sp

from ridgeless.symbolic import equations as eq
from ridgeless.symbolic.algebra import isotropic, positive_root, tidy, tidy_parts, turn_signs

x, y = sp.symbols("x y", positive=True)


@pytest.mark.parametrize(
    "before",
    [(x - 1) * (y - 2), -(1 - x) * (y + 1), (1 - x) ** 3 / (x - y), -x * (x - y - 1), -x * y],
)
def test_signs_are_turned_in_pairs(before: sp.Expr) -> None:
    after = turn_signs(before)
    assert sp.expand(after - before) == 0 or sp.simplify(after - before) == 0


def test_no_minus_sign_stands_in_front_of_a_product_with_a_sum() -> None:
    assert turn_signs(-(x - y - 1)) == 1 + y - x
    assert not turn_signs(-x * (1 + y - x)).as_coeff_Mul()[0].is_negative


def test_averages_are_factored_like_symbols() -> None:
    mean = eq.Mean(eq.s)
    expression = mean**2 * x + 2 * mean * x + x
    assert tidy(expression) == x * (mean + 1) ** 2
    assert tidy_parts({"bias": expression})["bias"] == x * (mean + 1) ** 2


def test_isotropic_averages_are_their_only_value() -> None:
    assert isotropic(eq.Mean(eq.s / (1 + eq.s))) == sp.Rational(1, 2)
    # What an unmasked and a masked direction of variance 1 have is q^2 + q p = q.
    assert isotropic(eq.Mean(eq.ell)) == eq.q


def test_the_one_positive_root() -> None:
    root = positive_root(x**2 + (y - 1) * x - y, x, {y: 2})
    assert root == 1
    with pytest.raises(ArithmeticError, match="2 positive roots for x"):
        positive_root((x - 1) * (x - 2), x, {})
    with pytest.raises(ArithmeticError, match="0 positive roots"):
        positive_root(x + 1, x, {})

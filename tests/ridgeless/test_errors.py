"""Two errors: one of input, one of a solve."""

import pytest

import ridgeless as rl


def test_input_is_a_value_error_and_a_solve_is_not() -> None:
    with pytest.raises(ValueError, match="mask_ratio"):
        rl.risk([1.0], 2.0)
    assert issubclass(rl.ConvergenceError, ArithmeticError)
    assert not issubclass(rl.ConvergenceError, ValueError)
    assert not issubclass(rl.DomainError, ArithmeticError)

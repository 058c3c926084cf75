"""Errors beside many digits."""

from benchmarks import accuracy
from benchmarks.alternatives import Problem


def test_errors_are_measured_against_many_digits() -> None:
    problem = Problem([0.5, 1.0, 2.0])
    errors = accuracy.worst_errors(problem, [0.5, 1.01], 1e-3)
    assert errors["ridgeless"] < 1e-12
    assert set(errors) == {"ridgeless", *accuracy.METHODS}

"""Mask ratios by name."""

import pytest

from ridgeless import DomainError, UniformRatio
from validation.named_ratio import in_order, named_ratio


@pytest.mark.parametrize(
    ("name", "kind", "shape", "mean"),
    [
        ("0.15", "fixed", "fixed", 0.15),
        ("uniform:0.1:0.9", "random", "random", 0.5),
        ("linear:0.9:0.3", "schedule", "linear", 0.6),
        ("cosine:0.1:0.9", "schedule", "cosine", 0.5),
    ],
)
def test_what_a_name_stands_for(name, kind, shape, mean):
    found = named_ratio(name)
    assert found.name == name
    assert (found.kind, found.shape) == (kind, shape)
    assert found.mean == pytest.approx(mean)
    assert named_ratio(name) is found


def test_laws_are_those_of_the_theory():
    assert named_ratio("uniform:0.2:0.4").law == UniformRatio(0.2, 0.4)
    with pytest.raises(DomainError, match="mask_ratio must be a number or one of"):
        named_ratio("uniform:0.1")


def test_fixed_ratios_come_first_and_schedules_last():
    names = ["cosine:0.1:0.9", "0.9", "uniform:0.1:0.9", "0.15", "uniform:0.1:0.3", "0.9"]
    expected = ["0.15", "0.9", "uniform:0.1:0.3", "uniform:0.1:0.9", "cosine:0.1:0.9"]
    assert in_order(names) == expected

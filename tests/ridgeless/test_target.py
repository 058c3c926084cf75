"""Targets are values, and their signal lies on the spectrum."""

import math
from typing import Any

import pytest

import ridgeless as rl


def test_targets_are_values() -> None:
    assert rl.LinearTarget(snr=[1.0, 2.0]) == rl.LinearTarget(snr=[1.0, 2.0])
    assert rl.LinearTarget(alignment=[1.0]) != rl.LinearTarget(alignment=[2.0])
    assert hash(rl.LinearTarget()) == hash(rl.LinearTarget())
    assert rl.LinearTarget() != rl.MaskedFeature()


def test_signal_must_lie_on_the_spectrum() -> None:
    with pytest.raises(rl.DomainError, match="one mass for each of the 2 atoms"):
        rl.risk([1.0, 2.0], 0.5, target=rl.LinearTarget(alignment=[1.0]))
    with pytest.raises(rl.DomainError, match="no signal variance"):
        rl.risk([0.0, 2.0], 0.5, target=rl.LinearTarget(alignment=[1.0, 0.0]))
    with pytest.raises(rl.DomainError, match="at least 0 on a spectrum with zero"):
        rl.risk([0.0, 2.0], 0.5, target=rl.LinearTarget(alignment=-1.0))


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: rl.LinearTarget(snr=0.0), "snr must be positive"),
        (lambda: rl.LinearTarget(snr=[1.0, -1.0]), "snr must be positive .* got -1.0"),
        (lambda: rl.LinearTarget(signal_variance=0.0), "signal_variance must be positive"),
        (lambda: rl.LinearTarget(alignment="aligned"), "alignment must be 'isotropic'"),
        (lambda: rl.LinearTarget(alignment=math.inf), "alignment must be finite"),
        (lambda: rl.LinearTarget(1.0, [0.0, 0.0]), "alignment must put mass on some atom"),
        (lambda: rl.LinearTarget(alignment=[1.0, -1.0]), "alignment must be finite and at least 0"),
    ],
)
def test_constructors_name_the_argument(build: Any, says: str) -> None:
    with pytest.raises(rl.DomainError, match=says):
        build()

"""Bad input gets a sentence that names the argument, its value and what is allowed."""

import math
from typing import Any

import numpy as np
import pytest

import ridgeless as rl

GOOD: dict[str, Any] = {"spectrum": [1.0, 2.0], "mask_ratio": 0.5}


@pytest.mark.parametrize(
    ("argument", "value", "says"),
    [
        ("spectrum", [], "eigenvalues must be a one-dimensional array of at least one"),
        ("spectrum", [1.0, -2.0], "eigenvalues must be finite and at least 0, got -2.0"),
        ("spectrum", [1.0, math.nan], "eigenvalues must not contain nan"),
        ("spectrum", [1.0, math.inf], "eigenvalues must be finite"),
        ("spectrum", [1.0 + 1j], "eigenvalues must be real numbers"),
        ("spectrum", [0.0, 0.0], "eigenvalues must not all be zero"),
        ("spectrum", [[1.0, 0.0], [0.0, 1.0]], "from_covariance"),
        ("spectrum", [[1.0, 0.0], [0.0, 1.0]], "from_data"),
        ("spectrum", [[1.0, 0.0], [0.0, 1.0]], "covariance_risk"),
        ("spectrum", "power_law", "eigenvalues must be real numbers"),
        ("spectrum", [[1.0], [1.0, 2.0]], "eigenvalues must be a regular array"),
        ("spectrum", None, "eigenvalues must"),
        ("mask_ratio", 1.2, r"mask_ratio must lie in \[0, 1\], got 1.2"),
        ("mask_ratio", [0.2, -0.1], "mask_ratio must lie .* got -0.1"),
        ("mask_ratio", math.nan, "mask_ratio must not contain nan"),
        ("mask_ratio", True, "mask_ratio must be real numbers"),
        ("mask_ratio", 0.5j, "mask_ratio must be real numbers"),
        ("mask_ratio", [10**400], "mask_ratio must be real numbers"),
        ("aspect_ratio", -1.0, "aspect_ratio must be at least 0, got -1.0"),
        ("aspect_ratio", math.nan, "aspect_ratio must not contain nan"),
        ("ridge", -1e-3, "ridge must be finite and at least 0, got -0.001"),
        ("ridge", math.inf, "ridge must be finite"),
        ("rows", "some", "rows must be 'masked', 'all' or None, got 'some'"),
        ("masks_per_sample", 0, "masks_per_sample must be an integer of at least 1, got 0"),
        ("masks_per_sample", 1.5, "masks_per_sample must be an integer"),
        ("masks_per_sample", [1, 2], "masks_per_sample must be one number"),
        ("test_mask_ratio", 2.0, r"test_mask_ratio must lie in \[0, 1\]"),
        ("target", "linear", "target must be MaskedFeature"),
        ("target", rl.LinearTarget, "target must be MaskedFeature"),
        ("aspect_ratio", None, "aspect_ratio must be real numbers, got None"),
    ],
)
def test_risk_names_the_argument(argument: str, value: Any, says: str) -> None:
    arguments = GOOD | {argument: value}
    with pytest.raises(rl.DomainError, match=says) as error:
        rl.risk(arguments.pop("spectrum"), arguments.pop("mask_ratio"), **arguments)
    assert isinstance(error.value, ValueError)


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: rl.Spectrum([1.0, 2.0], [1.0]), "weights must match the 2 eigenvalues"),
        (lambda: rl.Spectrum([1.0], [0.0]), "weights must have a positive finite sum"),
        (lambda: rl.Spectrum([1.0, 0.0], [0.0, 1.0]), "must not all be zero"),
        (lambda: rl.Spectrum([1e308, 1e308]), None),
        (lambda: rl.Spectrum.isotropic(0.0), "variance must be positive"),
        (lambda: rl.Spectrum.spiked([1.0, 2.0], 1), "spikes must be at most dimension = 1"),
        (lambda: rl.Spectrum.spiked([1.0], 0), "dimension must be an integer"),
        (lambda: rl.Spectrum.spiked([1.0], 3, bulk=-1.0), "bulk must be finite and at least 0"),
        (lambda: rl.Spectrum.power_law(math.inf, 3), "exponent must be finite"),
        (lambda: rl.Spectrum.power_law(1.0, 2.5), "dimension must be an integer"),
        (lambda: rl.Spectrum.ar1(1.0, 5), r"correlation must lie in \(-1, 1\), got 1.0"),
        (lambda: rl.Spectrum.latent_factors(5, 4, 1.0), "rank must be at most dimension = 4"),
        (lambda: rl.Spectrum.latent_factors(1, 4, -1.0), "strength must be finite"),
        (lambda: rl.Spectrum.from_covariance([1.0]), "matrix must be square"),
        (lambda: rl.Spectrum.from_covariance([[1.0, 2.0], [0.0, 1.0]]), "matrix must be symmetric"),
        (lambda: rl.Spectrum.from_covariance([[1.0, 2.0], [2.0, 1.0]]), "positive semi-definite"),
        (lambda: rl.Spectrum.from_covariance([[1.0, 0.0], [0.0, 0.0]]), "for feature 1"),
        (lambda: rl.Spectrum.from_covariance([[math.inf]]), "matrix must be finite"),
        (lambda: rl.LinearTarget(snr=0.0), "snr must be positive"),
        (lambda: rl.LinearTarget(snr=[1.0, -1.0]), "snr must be positive .* got -1.0"),
        (lambda: rl.LinearTarget(signal_variance=0.0), "signal_variance must be positive"),
        (lambda: rl.LinearTarget(alignment="aligned"), "alignment must be 'isotropic'"),
        (lambda: rl.LinearTarget(alignment=math.inf), "alignment must be finite"),
        (lambda: rl.LinearTarget(alignment=[1.0, -1.0]), "alignment must be finite and at least 0"),
        (lambda: rl.UniformRatio(0.9, 0.1), "low must be at most high = 0.1, got 0.9"),
        (lambda: rl.UniformRatio(0.1, 1.1), r"high must lie in \[0, 1\]"),
        (lambda: rl.UniformRatio([0.1, 0.2], 0.9), "low must be one number"),
        (lambda: rl.DiscreteRatio([]), "values must be a non-empty list"),
        (lambda: rl.DiscreteRatio([0.1, 0.2], [1.0]), "weights must be 2 numbers"),
        (lambda: rl.DiscreteRatio([0.1], [0.0]), "weights must be 1 numbers of positive"),
        (lambda: rl.ScheduledRatio(0.1, 2.0), "end must lie"),
        (lambda: rl.ScheduledRatio(0.1, 0.2, "step"), "shape must be 'linear' or 'cosine'"),
        (lambda: rl.UniformRatio().at(1.5, np.random.default_rng(0)), "progress must lie"),
        (lambda: rl.UniformRatio().nodes(0), "order must be an integer of at least 1"),
    ],
)
def test_constructors_name_the_argument(build: Any, says: str | None) -> None:
    if says is None:  # a mean at the top of the range is still a mean
        assert math.isfinite(build().mean)
        return
    with pytest.raises(rl.DomainError, match=says):
        build()


def test_signal_must_lie_on_the_spectrum() -> None:
    with pytest.raises(rl.DomainError, match="one mass for each of the 2 atoms"):
        rl.risk([1.0, 2.0], 0.5, target=rl.LinearTarget(alignment=[1.0]))
    with pytest.raises(rl.DomainError, match="no signal variance"):
        rl.risk([0.0, 2.0], 0.5, target=rl.LinearTarget(alignment=[1.0, 0.0]))
    with pytest.raises(rl.DomainError, match="at least 0 on a spectrum with zero"):
        rl.risk([0.0, 2.0], 0.5, target=rl.LinearTarget(alignment=-1.0))


def test_shapes_that_do_not_broadcast_are_listed() -> None:
    with pytest.raises(rl.DomainError, match=r"mask_ratio \(2,\), aspect_ratio \(3,\)"):
        rl.risk([1.0], [0.1, 0.2], aspect_ratio=[1.0, 2.0, 3.0])
    with pytest.raises(rl.DomainError, match=r"snr \(3,\)"):
        rl.risk([1.0], [0.1, 0.2], target=rl.LinearTarget(snr=[1.0, 2.0, 3.0]))


def test_several_masks_of_a_law_are_not_derived() -> None:
    with pytest.raises(NotImplementedError, match="masks_per_sample = 2"):
        rl.risk([1.0], rl.UniformRatio(), masks_per_sample=2)


def test_a_solve_that_does_not_converge_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ridgeless.engine.resolvent.ACCEPTED", -1.0)
    with pytest.raises(rl.ConvergenceError, match=r"aspect_ratio = 2.0, ridge = 0.5.*residual"):
        rl.risk([1.0, 2.0], 0.5, ridge=0.5)


def test_a_law_that_is_not_resolved_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ridgeless.engine.grid.LAST_ORDER", 64)
    with pytest.raises(rl.ConvergenceError, match="not resolved by 64 nodes at aspect_ratio = 2"):
        rl.risk([1.0, 2.0], rl.UniformRatio())

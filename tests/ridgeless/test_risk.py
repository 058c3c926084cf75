"""Bad input gets a sentence that names the argument, its value and what is allowed."""

import math
from typing import Any

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


def test_shapes_that_do_not_broadcast_are_listed() -> None:
    with pytest.raises(rl.DomainError, match=r"mask_ratio \(2,\), aspect_ratio \(3,\)"):
        rl.risk([1.0], [0.1, 0.2], aspect_ratio=[1.0, 2.0, 3.0])
    with pytest.raises(rl.DomainError, match=r"snr \(3,\)"):
        rl.risk([1.0], [0.1, 0.2], target=rl.LinearTarget(snr=[1.0, 2.0, 3.0]))


def test_fills_and_powers_are_named_where_they_are_unknown() -> None:
    with pytest.raises(rl.DomainError, match="fill must be 'zero' or 'rescale', got 'normalise'"):
        rl.risk([1.0], 0.5, fill="normalise")
    with pytest.raises(rl.DomainError, match="test_fill must be 'zero' or 'rescale', got 0"):
        rl.risk([1.0], 0.5, test_fill=0)
    with pytest.raises(rl.DomainError, match="row_power must be None, StudentPower"):
        rl.risk([1.0], 0.5, row_power=3.0)
    power = rl.StudentPower(5.0)
    with pytest.raises(NotImplementedError, match="row_power is not derived for covariance_risk"):
        rl.covariance_risk([[1.0]], [1.0], 0.5, noise=1.0, aspect_ratio=2.0, row_power=power)
    with pytest.raises(NotImplementedError, match="row_power is not derived for ratio_aware_risk"):
        rl.ratio_aware_risk([1.0], 0.5, row_power=power)
    for fills in ({"fill": "rescale"}, {"test_fill": "rescale"}):
        with pytest.raises(NotImplementedError, match="fill = 'rescale' is not derived"):
            rl.ratio_aware_risk([1.0], 0.5, **fills)

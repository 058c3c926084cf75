"""Bad arguments get a sentence, and arrays broadcast."""

import math

import numpy as np
import pytest

import ridgeless as rl
from ridgeless import DomainError

TASK = rl.LinearTarget(4.0)


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"target": None}, "target must be a LinearTarget"),
        ({"target": rl.MaskedFeature()}, "a probe is trained on labels"),
        ({"bottleneck": 0.0}, r"bottleneck must lie in \(0, 1\], got 0"),
        ({"bottleneck": 1.5}, r"bottleneck must lie in \(0, 1\], got 1.5"),
        ({"depth": 0.0}, "depth must be positive and finite, got 0"),
        ({"depth": [1.0, -1.0]}, "depth must be positive and finite, got -1"),
        ({"depth": math.inf}, "depth must be positive and finite"),
        ({"probe_ridge": "good"}, "probe_ridge must be 'best' or a number"),
        ({"probe_ridge": -1.0}, "probe_ridge must be finite and at least 0, got -1"),
        ({"probe_ridge": math.nan}, "probe_ridge must not contain nan"),
        ({"rows": "none"}, "rows must be 'all' or 'masked'"),
        ({"rows": "masked", "depth": 0.5}, "depth must be 1 with rows = 'masked'"),
        ({"rows": "masked", "bottleneck": 0.5}, "bottleneck must be 1 with rows = 'masked'"),
        ({"fill": "mean"}, "fill must be 'zero' or 'rescale'"),
        ({"aspect_ratio": -1.0}, "aspect_ratio must be at least 0"),
        ({"mask_ratio": 1.5}, r"mask_ratio must lie in \[0, 1\]"),
        ({"mask_ratio": rl.Masking(0.5, groups=[0, 0])}, "covariance_transfer_risk masks"),
        ({"mask_ratio": [0.1, 0.2], "depth": [1.0, 1.0, 2.0]}, "must broadcast together"),
        ({"target": rl.LinearTarget(alignment=[1.0])}, "one mass for each of the 2 atoms"),
    ],
)
def test_bad_arguments(keywords, words):
    arguments = {"mask_ratio": 0.5, "target": TASK, **keywords}
    with pytest.raises(DomainError, match=words):
        rl.transfer_risk([1.0, 2.0], **arguments)


def test_a_finite_number_of_masks_is_not_derived():
    with pytest.raises(NotImplementedError, match="masks_per_sample = 4 is not derived"):
        rl.transfer_risk([1.0], rl.Masking(0.5, masks_per_sample=4), target=TASK)


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"beta": [1.0]}, r"beta must have shape \(2,\)"),
        ({"noise": None}, "noise must be given"),
        ({"beta": TASK}, "noise must be left out with a target"),
        ({"groups": [0]}, "groups must hold 2 labels"),
        ({"covariance": np.zeros((2, 2))}, "covariance must not be zero"),
    ],
)
def test_bad_covariances(keywords, words):
    arguments = {"covariance": np.eye(2), "beta": [1.0, 0.0], "mask_ratio": 0.5}
    arguments |= {"noise": 0.1, "aspect_ratio": 1.0, **keywords}
    with pytest.raises(DomainError, match=words):
        rl.covariance_transfer_risk(**arguments)


@pytest.mark.nojit_slow
def test_everything_broadcasts():
    found = rl.transfer_risk(
        [0.5, 1.0, 4.0],
        np.array([0.1, 0.9])[:, None, None],
        aspect_ratio=np.array([1.0, 3.0, 9.0])[:, None],
        target=rl.LinearTarget([1.0, 2.0, 4.0, 8.0], alignment=1.0),
        depth=np.array([0.5, 1.0, 2.0])[:, None],
    )
    assert found.total.shape == found.probe_ridge.shape == found.noise.shape == (2, 3, 4)
    one = rl.transfer_risk(
        [0.5, 1.0, 4.0],
        0.9,
        aspect_ratio=9.0,
        target=rl.LinearTarget(2.0, alignment=1.0),
        depth=2.0,
    )
    assert found.total[1, 2, 1] == pytest.approx(one.total)
    assert isinstance(one.total, float)
    assert isinstance(one.probe_ridge, float)

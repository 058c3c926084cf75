"""What names the trials of a problem: all that determines rows and masks, and nothing else."""

import dataclasses

import numpy as np
import pytest

import ridgeless as rl
from simulations import GaussianRows, Problem, RealRows, StudentRows

BASE = {"spectrum": [1.0, 2.0], "mask_ratio": 0.3, "dimension": 20}


@pytest.mark.parametrize(
    "change",
    [
        {"spectrum": [1.0, 3.0]},
        {"mask_ratio": 0.4},
        {"mask_ratio": rl.UniformRatio(0.2, 0.4)},
        {"mask_ratio": rl.DiscreteRatio([0.3], loss_weights=[2.0])},
        {"aspect_ratio": 1.0},
        {"masks_per_sample": 2},
        {"rows": "all"},
        {"patch": 2},
        {"ratio_batch": 2},
        {"design": StudentRows(3.0)},
    ],
    ids=str,
)
def test_whatever_changes_rows_or_masks_changes_the_name(change) -> None:
    assert Problem(**BASE | change).sampling.id != Problem(**BASE).sampling.id


@pytest.mark.parametrize(
    "change",
    [{"ridge": 0.5}, {"test_mask_ratio": 0.2}, {"target": rl.LinearTarget(), "rows": "masked"}],
    ids=str,
)
def test_what_is_measured_on_them_does_not(change) -> None:
    sampling = Problem(**BASE | change).sampling
    assert sampling.id == Problem(**BASE).sampling.id
    assert sampling.dimension == 20


def test_populations_are_shared_by_samplings_that_mask_otherwise() -> None:
    one, other = (Problem(**BASE | {"mask_ratio": p}).sampling for p in (0.3, 0.6))
    assert one.id != other.id
    assert one.population_id == other.population_id


def test_real_rows_speak_for_their_spectrum() -> None:
    table = np.random.default_rng(0).normal(size=(30, 4))
    rows = RealRows(table)
    sampling = Problem(rows.spectrum, 0.3, design=rows).sampling
    again = dataclasses.replace(sampling, spectrum=rl.Spectrum(np.ones(4)))
    assert again.id == sampling.id
    assert dataclasses.replace(sampling, design=GaussianRows()).id != sampling.id

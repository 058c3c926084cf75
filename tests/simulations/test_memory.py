"""What a trial keeps grows with few tables of d x d, so that d = 4000 leaves room in 2 GiB."""

import gc
import math
import tracemalloc

import pytest

import ridgeless as rl
from simulations import Problem
from simulations.collection.runner import run_batch, seed_sequence
from simulations.populations import designs
from simulations.trials import ridge, sample, trial
from simulations.trials.estimators import linear
from tests.tolerances import TABLES, TABLES_PER_MASK

D = 240


@pytest.mark.nojit_slow
@pytest.mark.parametrize("target", [rl.LinearTarget(4.0), rl.MaskedFeature()])
@pytest.mark.parametrize("masks_per_sample", [1, 2, math.inf])
def test_a_trial_keeps_few_tables_and_leaves_none(target, masks_per_sample, monkeypatch):
    """With four times as many rows as features, a ridge and masked test inputs.

    Without the garbage collector: a table that only it can free waits for it beside the next trial.
    """
    # Blocks that are as small beside d as they are at d = 4000.
    for module, name in (
        (designs, "BLOCK"),
        (linear, "BLOCK"),
        (sample, "COLUMNS"),
        (ridge, "COLUMNS"),
        (trial, "DIRECTIONS"),
    ):
        monkeypatch.setattr(module, name, D // 8)
    spectrum = rl.Spectrum.power_law(0.7, D)
    problem = Problem(
        spectrum,
        0.5,
        aspect_ratio=0.25,
        target=target,
        dimension=D,
        ridge=0.1,
        masks_per_sample=masks_per_sample,
        test_mask_ratio=0.3,
    )
    given = problem.sampling, [problem.readout], seed_sequence(0), 0
    run_batch(*given, range(1))  # imports what it needs
    trial._population.cache_clear()
    gc.disable()
    tracemalloc.start()
    try:
        run_batch(*given, range(2))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.enable()
    more = masks_per_sample - 1 if math.isfinite(masks_per_sample) else 0
    assert peak / (8 * D**2) <= TABLES + more * TABLES_PER_MASK
    # What is asked of a machine beforehand is never more, and not much less.
    assert 0.5 * peak <= problem.sampling.least_bytes <= peak


@pytest.mark.nojit_slow
@pytest.mark.parametrize("aspect_ratio", [0.05, 1.0, 8.0])
@pytest.mark.parametrize("masks_per_sample", [1, 8, math.inf])
def test_no_trial_is_refused_that_fits(aspect_ratio, masks_per_sample):
    problem = Problem(
        rl.Spectrum.power_law(0.7, 100),
        0.5,
        aspect_ratio=aspect_ratio,
        dimension=100,
        masks_per_sample=masks_per_sample,
    )
    given = problem.sampling, [problem.readout], seed_sequence(0), 0
    run_batch(*given, range(1))
    trial._population.cache_clear()
    gc.collect()
    tracemalloc.start()
    try:
        run_batch(*given, range(1))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert problem.sampling.least_bytes <= peak

"""What a trial keeps grows with few tables of d x d, so that d = 4000 leaves room in 2 GiB."""

import tracemalloc

import pytest

import ridgeless as rl
from simulations import Problem, designs, estimators, fits, trial
from simulations.runner import run_batch, seed_sequence
from tests.tolerances import TABLES

D = 240


@pytest.mark.nojit_slow
@pytest.mark.parametrize("target", [rl.LinearTarget(4.0), rl.MaskedFeature()])
def test_a_trial_keeps_few_tables(target, monkeypatch):
    """With four times as many rows as features, a ridge and masked test inputs."""
    # Blocks that are as small beside d as they are at d = 4000.
    for module, name in (
        (designs, "BLOCK"),
        (fits, "BLOCK"),
        (estimators, "COLUMNS"),
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
        test_mask_ratio=0.3,
    )
    given = problem.sampling, [problem.readout], seed_sequence(0), 0
    run_batch(*given, range(1))  # imports what it needs
    trial._population.cache_clear()
    tracemalloc.start()
    run_batch(*given, range(1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak / (8 * D**2) <= TABLES

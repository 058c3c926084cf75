"""What is done and what is missing."""

from simulations import (
    Problem,
)
from simulations.collection import runner
from simulations.collection.ledger import Ledger


def test_stopped_designs_count_as_done():
    problem = Problem([0.5, 1.5], 0.4, dimension=40)
    ledger = Ledger([problem], 400, 0.05)
    for batch, tallies in runner.run(ledger, runner.seed_sequence(0), 1):
        ledger.record(batch.experiment.sampling.id, batch.number, tallies)
    assert ledger.done_trials == ledger.total_trials == 400
    assert not list(ledger.missing())
    used = ledger.estimate(problem).trials
    assert used < 400
    (experiment,) = ledger.experiments.values()
    assert 4 * len(experiment.done) <= used + 16  # nor does it run on

"""Steps are doubled until the loss stops falling, once per size, and remembered."""

import json
from dataclasses import replace

import pytest

from ridgeless import DomainError
from validation import steps
from validation.experiment import experiment_runs
from validation.pretrain import Recipe, Trained
from validation.settings import Experiment


@pytest.fixture
def settings(table, tmp_path):
    return Experiment(
        models=("mlp",),
        data=(table,),
        ratios=("0.3", "0.7"),
        widths=(8, 16),
        samples=(60,),
        seeds=2,
        recipe=Recipe(steps=8, batch=8),
        trained_out=100,
        output=tmp_path / "out",
    )


@pytest.mark.parametrize(
    ("losses", "chosen"),
    [([1.0, 0.99], 16), ([1.0, 0.9, 0.81, 0.8], 64), ([1.0, 0.9, 0.8, 0.7], 64)],
)
def test_doubled_until_flat_or_the_most(settings, monkeypatch, losses, chosen):
    tried = []

    def train(run, device, checkpoint):
        tried.append(run)
        return None, Trained(1.0, 1, losses[len(tried) - 1])

    monkeypatch.setattr(steps, "train", train)
    run = next(iter(experiment_runs(settings).values()))
    trials = steps.doubled(run, 100, "cpu")
    assert trials[-1][0] == chosen
    assert [count for count, _ in trials] == [8 * 2**k for k in range(len(trials))]


def test_all_runs_of_a_size_share_steps_that_are_remembered(settings, here, monkeypatch):
    runs = experiment_runs(settings)
    found = steps.trained_out(settings, runs)
    assert len(found) == len(runs) == 8
    of = {width: {r.recipe.steps for r in found.values() if r.width == width} for width in (8, 16)}
    assert all(len(own) == 1 for own in of.values())
    assert all(8 < own.pop() <= 100 for own in of.values())
    kept = steps.trials_of(settings.output)
    assert len(kept) == 2
    monkeypatch.setattr(steps, "train", None)  # asked no more
    assert steps.trained_out(settings, runs) == found


def test_a_broken_file_and_too_few_steps_are_refused(settings):
    settings.output.mkdir()
    (settings.output / "steps.json").write_text(json.dumps({"x": [[1]]}))
    with pytest.raises(DomainError, match=r"steps\.json must hold"):
        steps.trials_of(settings.output)
    with pytest.raises(DomainError, match="trained_out must be at least twice"):
        replace(settings, trained_out=15)

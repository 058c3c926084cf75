"""Experiments: stopped, gone on with, in parallel, and paired."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import ridgeless as rl
from ridgeless import DomainError
from validation import pretrain as training
from validation.experiment import experiment_runs, perform, run_of, train_one
from validation.pretrain import Recipe, is_final, load_checkpoint
from validation.results import RUNS, read_results
from validation.settings import Experiment

ROOT = Path(rl.__file__).parents[1]


@pytest.fixture
def settings(table, tmp_path) -> Experiment:
    return Experiment(
        models=("linear", "mlp"),
        data=(table,),
        ratios=("0.3", "0.7", "uniform:0.1:0.9"),
        widths=(8,),
        samples=(60,),
        seeds=2,
        recipe=Recipe(steps=8, batch=8),
        output=tmp_path / "out",
    )


def stripped(results):
    """Results without what the clock said."""
    return {
        result["id"]: {name: value for name, value in result.items() if name != "seconds"}
        for result in results
    }


def test_runs_and_results(settings, here):
    runs = experiment_runs(settings)
    assert len(runs) == 2 * 2 * 3
    done = []
    perform(settings, runs, done.append)
    assert sum(done) == 12
    results = read_results(settings.output)
    assert {result["id"] for result in results} == set(runs)
    for result in results:
        assert run_of(result) == runs[result["id"]]
        assert result["kind"] == ("random" if ":" in result["ratio"] else "fixed")
        assert result["mean_ratio"] == (0.5 if ":" in result["ratio"] else float(result["ratio"]))
        assert set(result["risks"]) == {"0", "0.1", "0.3", "0.5", "0.7", "0.9", "0.3-0.7"}
        assert all(0 < risk < 3 for risk in result["risks"].values())
        assert result["tokens"] > 0
        assert result["steps"] == 8
    # The same again does nothing, and says so.
    before = (settings.output / RUNS).read_bytes()
    perform(settings, runs, done.append)
    assert done[-1] == 12
    assert (settings.output / RUNS).read_bytes() == before


def test_a_half_written_last_line_is_done_again(settings, here):
    runs = experiment_runs(settings)
    perform(settings, runs)
    path = settings.output / RUNS
    whole = stripped(read_results(settings.output))
    path.write_text(path.read_text()[:-30])
    assert len(read_results(settings.output)) == 11
    done = []
    perform(settings, runs, done.append)
    assert done == [11, 1]
    assert stripped(read_results(settings.output)) == whole
    assert path.read_text().count("\n") == 12


def test_folders_of_other_settings(settings, here):
    few = replace(settings, seeds=1, ratios=("0.3",), models=("linear",))
    perform(few, experiment_runs(few))
    before = (settings.output / RUNS).read_bytes()
    for other, words in (
        (replace(few, recipe=Recipe(steps=9, batch=8)), r"recipe\.steps"),
        (replace(few, block=2, per="sample"), "block, per"),
    ):
        with pytest.raises(DomainError, match=f"holds runs with other settings .{words}"):
            perform(other, experiment_runs(other))
    assert (settings.output / RUNS).read_bytes() == before
    # More of the same kind may join.
    more = replace(settings, seeds=1)
    done = []
    perform(more, experiment_runs(more), done.append)
    assert done[0] == 1
    for text in (b"{", b"3", b"\xff"):
        (settings.output / "settings.json").write_bytes(text)
        with pytest.raises(DomainError, match="is not whole"):
            perform(more, experiment_runs(more))


def test_what_does_not_fit_is_said_before_anything_is_trained(settings):
    for changes, words in (
        ({"samples": (500,)}, "samples must be at most 128"),
        ({"models": ("transformer",), "widths": (20,)}, "multiple of 16"),
        ({"block": 24}, "at least 2 squares"),
        ({"data": ("nothing",)}, "data must be one of"),
    ):
        with pytest.raises(DomainError, match=words):
            experiment_runs(replace(settings, **changes))
    for wrong, words in (
        ({"ratios": ("1.2",)}, r"ratios must lie in \(0, 1\), got 1.2"),
        ({"ratios": ("0",)}, "ratios must lie in"),
        ({"ratios": ()}, "ratios must not be empty"),
        ({"models": ("lstm",)}, "models must be among"),
        ({"seeds": 0}, "seeds"),
        ({"depth": -1}, "depth"),
        ({"jobs": 0}, "jobs"),
        ({"samples": (0,)}, "samples"),
    ):
        with pytest.raises(DomainError, match=words):
            replace(settings, **wrong)


def test_ids_name_the_run_and_its_data(settings, table):
    runs = experiment_runs(settings)
    assert (
        experiment_runs(replace(settings, jobs=2, output=Path("elsewhere"))).keys() == runs.keys()
    )
    for changes in ({"per": "sample"}, {"recipe": Recipe(steps=9, batch=8)}, {"samples": (61,)}):
        assert not experiment_runs(replace(settings, **changes)).keys() & runs.keys()
    # An id is for ever: results on disk would be lost.
    run = next(iter(runs.values()))
    assert replace(run, dataset="t").id("digest") == "5c7318f0cd4a0529"


def test_seeds_pair_the_runs(settings, monkeypatch):
    """Runs of one seed differ in their masks alone."""
    seen = {}

    def pretrain(model, data, chosen, masker, recipe, *, rng, **_):
        first = next(model.parameters()).detach().clone().numpy().tobytes()
        seen[name] = (chosen.tobytes(), first, rng.random(4).tobytes())
        masks.append(masker.sampler.rng.random(4).tobytes())
        return training.Trained(0.0, 1, 0.0)

    monkeypatch.setattr(training, "pretrain", pretrain)
    masks = []
    runs = experiment_runs(replace(settings, models=("mlp",)))
    for name, run in runs.items():
        train_one(name, run, "cpu")
    for seed in (0, 1):
        assert len({seen[name] for name, run in runs.items() if run.seed == seed}) == 1
    parts = list(zip(*(seen[name] for name, run in runs.items()), strict=True))
    assert [len(set(part)) for part in parts] == [2, 2, 2]
    assert len(set(masks)) == 2


def test_chosen_samples_are_n_different_ones(settings, monkeypatch):
    chosen = []

    def pretrain(model, data, rows, *_, **__):
        chosen.append(rows)
        return training.Trained(0.0, 1, 0.0)

    monkeypatch.setattr(training, "pretrain", pretrain)
    for name, run in experiment_runs(replace(settings, models=("linear",))).items():
        train_one(name, run, "cpu")
    assert {len(set(rows)) for rows in chosen} == {60}
    assert len({rows.tobytes() for rows in chosen}) == 2


def test_kept_models_go_on_from_their_last_checkpoint(settings, here, monkeypatch):
    one = replace(settings, seeds=1, ratios=("0.3",), models=("mlp",), keep_models=True)
    runs = experiment_runs(one)
    perform(one, runs)
    (name,) = runs
    path = one.output / "models" / f"{name}.pt"
    assert run_of(load_checkpoint(path)["about"]) == runs[name]
    expected = stripped(read_results(one.output))
    # Killed after the last checkpoint, before the line was written.
    (one.output / RUNS).write_text("")
    perform(one, runs)
    assert stripped(read_results(one.output)) == expected
    about = load_checkpoint(path)["about"]
    recipe = about["recipe"]
    for changes in (
        *({"width": 8.0}, {"seed": "0"}, {"model": None}, {"recipe": 3}),
        *({"recipe": recipe | {"steps": 0}}, {"recipe": recipe | {"momentum": 0.9}}),
    ):
        with pytest.raises(DomainError, match=r"^that file must say which run it is of, but does"):
            run_of(about | changes, "that file")
    with pytest.raises(DomainError, match="which run it is of"):
        run_of({"dataset": "digits"})


def test_models_of_finished_runs_are_kept_when_asked_for(settings, here):
    few = replace(settings, seeds=1, ratios=("0.3", "0.7"), models=("mlp",))
    runs = experiment_runs(few)
    perform(few, runs)
    expected = stripped(read_results(few.output))
    keeping, done = replace(few, keep_models=True), []
    perform(keeping, runs, done.append)
    assert done == [0, 1, 1]
    models = few.output / "models"
    assert {path.stem for path in models.iterdir()} == set(runs)
    assert stripped(read_results(few.output)) == expected
    # One is gone, and one is of a run that was cut short, or not whole.
    first, second = (models / f"{name}.pt" for name in runs)
    perform(keeping, runs, done.append)
    assert done.pop() == 2
    state = load_checkpoint(first)
    torch.save(state | {"step": 3}, second)
    first.unlink()
    assert [is_final(path, 8) for path in (first, second)] == [False, False]
    second.unlink()
    perform(keeping, runs, done.append)
    assert done[-3:] == [0, 1, 1]
    assert is_final(first, 8)
    first.write_bytes(first.read_bytes()[:-40])
    with pytest.raises(DomainError, match="must be a whole file that this package wrote; remove"):
        perform(keeping, runs)
    # Who does not ask for models does not lack them.
    perform(few, runs, done.append)
    assert done[-1] == 2


@pytest.mark.slow
@pytest.mark.nojit_slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_killed_and_gone_on_with_whatever_the_jobs(settings, here, tmp_path):
    """Killed with two workers, finished here: the results are those of an undisturbed run."""
    many = replace(settings, seeds=4)
    runs = experiment_runs(many)
    script = tmp_path / "go.py"
    script.write_text(
        "import os, pickle, sys\n"
        "from validation.experiment import experiment_runs, perform\n"
        "if __name__ == '__main__':\n"
        "    os.cpu_count = lambda: 2\n"
        "    settings = pickle.load(open(sys.argv[1], 'rb'))\n"
        "    perform(settings, experiment_runs(settings))\n"
    )
    (tmp_path / "settings").write_bytes(pickle.dumps(many))
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "settings")],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )
    path, limit = many.output / RUNS, time.monotonic() + 300
    while time.monotonic() < limit and not (path.exists() and path.read_text().count("\n") > 2):
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)
    kept = path.read_text()
    assert 2 < kept.count("\n") < len(runs)
    done = []
    perform(many, runs, done.append)
    assert done[0] == kept.count("\n")
    resumed = path.read_text()
    assert resumed.startswith(kept[: kept.rindex("\n") + 1])
    undisturbed = replace(many, output=tmp_path / "again")
    perform(undisturbed, runs)
    assert stripped(read_results(many.output)) == stripped(read_results(undisturbed.output))
    assert json.loads(resumed.splitlines()[0])["id"] in runs


def test_rescaled_runs(settings, here):
    one = replace(settings, models=("mlp",), ratios=("0.7",), seeds=1)
    other = replace(one, fill="rescale")
    (name, zero), (renamed, rescaled) = (
        next(iter(experiment_runs(s).items())) for s in (one, other)
    )
    assert name != renamed
    # A run without a fill is named as version 0.1.0 named it.
    assert "fill" not in zero.record()
    perform(other, {renamed: rescaled})
    (result,) = read_results(settings.output)
    assert result["fill"] == "rescale"
    assert run_of(result) == rescaled
    assert result["risks"] != train_one(name, zero, "cpu")["risks"]
    with pytest.raises(DomainError, match=r"holds runs with other settings \(fill\)"):
        perform(one, {name: zero})
    with pytest.raises(DomainError, match="must say which run it is of"):
        run_of(result | {"fill": "half"})
    with pytest.raises(DomainError, match="fill must be 'zero' for the symbols of pydoc"):
        experiment_runs(replace(other, data=("pydoc",)))

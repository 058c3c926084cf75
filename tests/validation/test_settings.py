"""Which runs an experiment is made of."""

from dataclasses import replace

from validation.datasets import load
from validation.experiment import experiment_runs
from validation.settings import PRESETS


def test_sizes_and_equal_compute():
    digits = replace(
        PRESETS["quick"],
        data=("digits",),
        models=(),
        widths=(16, 32, 64),
        samples=(500, 200),
        seeds=1,
        ratios=("0.5", "0.9", "linear:0.9:0.1"),
    )
    runs = list(experiment_runs(digits).values())
    sizes = {(run.model, run.width, run.n) for run in runs}
    assert {size for size in sizes if size[0] == "mlp"} == {
        *(("mlp", width, 500) for width in (16, 32, 64)),
        ("mlp", 32, 200),
    }
    assert {size for size in sizes if size[0] == "linear"} == {
        ("linear", 0, 500),
        ("linear", 0, 200),
    }
    equal = [run for run in runs if run.equal == "compute"]
    assert {(run.model, run.width, run.n) for run in equal} == {("transformer", 32, 500)}
    # Two blocks on what is seen and one on all: 100 (1 + 1) / (2 (1 - p) + 1) steps.
    assert {run.ratio: run.recipe.steps for run in equal} == {
        "0.5": 100,
        "0.9": 167,
        "linear:0.9:0.1": 100,
    }
    assert {run.named.kind for run in equal} == {"fixed", "schedule"}
    text = experiment_runs(replace(digits, data=("pydoc",)))
    assert {run.model for run in text.values()} == {"mlp", "transformer"}
    assert {run.equal for run in text.values()} == {"steps"}
    assert not load("digits").symbols

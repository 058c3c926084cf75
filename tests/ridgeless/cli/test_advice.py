"""A recommendation in words."""

import json

import numpy as np
from matplotlib.figure import Figure

import ridgeless as rl
from ridgeless.cli import advice
from ridgeless.cli.tables import Table


def test_nothing_to_learn_takes_few_words() -> None:
    found = rl.recommend(np.random.default_rng(0).normal(size=(60, 8)), rng=0)
    lines = advice.words(found, "feature")
    assert lines[0] == "nothing to learn: predict the mean of each column"
    assert not any("recommended" in line for line in lines)
    assert lines[-1].startswith("note: Nothing to learn was found")


def test_json_holds_what_was_read_and_used() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(60, 8)) + 2 * rng.normal(size=(60, 1))
    values[:, 2] = 1.0
    table = Table("t.csv", values, tuple("abcdefgh"), tuple(range(1, 9)), ("", *"abcdefgh"), "tabs")
    given: object = table
    found = rl.recommend(given, rng=0)
    told = json.loads(json.dumps(advice.summary(found, table)))
    assert told["rows"] == {"read": 60, "used": 60}
    assert told["columns"]["read"] == 8
    assert told["columns"]["used"] == 7
    assert "constant and left out: 'c'" in told["diagnostics"][0]
    assert len(told["per_target"]) == 7


def test_the_figure_shows_the_marks() -> None:
    rng = np.random.default_rng(1)
    found = rl.recommend(rng.normal(size=(80, 20)) + rng.normal(size=(80, 1)), rng=0)
    axes = Figure().subplots()
    advice.draw(axes, found)
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert "predicting the mean" in labels
    assert "within 10% of the best" in labels
    assert len(axes.lines) == 3 + sum(name in found.alternatives for name in advice.USUAL)

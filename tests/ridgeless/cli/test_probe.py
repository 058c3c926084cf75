"""The command recommend for a probe."""

import json

import numpy as np
import pytest

from ridgeless.cli.main import main
from tests.ridgeless.recommend.test_probe import factors


@pytest.fixture
def table(tmp_path):
    X, y = factors(120, 12)
    path, labels = tmp_path / "t.csv", tmp_path / "y.csv"
    header = ",".join(f"g{i}" for i in range(12))
    np.savetxt(path, X, delimiter=",", header=header, comments="")
    words = np.where(y > 0, "high", "low")
    labels.write_text("kind\n" + "\n".join(words) + "\n")
    return path, labels


def test_the_ratio_beside_that_for_reconstruction(table, capsys):
    path, labels = table
    command = ["recommend", str(path), "--labels", str(labels), "--task", "probe"]
    assert main([*command, "--samples", "20"]) == 0
    said = capsys.readouterr().out
    assert "a probe on 20 labels (2 classes: high, low)" in said
    assert "reconstruction wants" in said
    assert "of usual ratios 0.15 costs" in said
    assert main([*command, "--samples", "20", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["task"] == "probe"
    assert set(told["costs"]) == {"0.15", "0.75"}
    assert 0 < told["reconstruction"]["mask_ratio"] <= 1
    assert len(told["curve"]["classification_error"]) == len(told["curve"]["mask_ratio"])


def test_labels_from_a_column_and_a_figure(table, tmp_path, capsys):
    path, _ = table
    command = ["recommend", str(path), "--target", "g3", "--task", "probe", "--groups", "4"]
    files = ["--plot", str(tmp_path / "p.png"), "--output", str(tmp_path / "out")]
    assert main([*command, "--samples", "30", *files]) == 0
    assert "numbers" in capsys.readouterr().out
    assert (tmp_path / "p.png").stat().st_size > 0
    assert (tmp_path / "out" / "curve.csv").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--labels", "{y}"], "--labels needs --task probe"),
        (["--loss", "masked"], "--loss needs --task probe"),
        (["--task", "probe"], "--task probe needs labels"),
        (["--task", "probe", "--labels", "{y}", "--target", "0"], "one of them"),
        (["--task", "probe", "--target", "0", "--label-column", "1"], "needs --labels"),
        (["--task", "probe", "--labels", "{y}", "--ridge", "1"], "--ridge must be left out"),
        (["--task", "probe", "--labels", "{y}", "--samples", "2.5"], "--samples must be a whole"),
        (["--task", "probe", "--labels", "{y}", "--samples", "500"], "samples must be at most 120"),
        (["--task", "probe", "--labels", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_a_mistake_gets_a_sentence(table, capsys, options, words):
    path, labels = table
    assert main(["recommend", str(path), *(o.format(y=labels) for o in options)]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error

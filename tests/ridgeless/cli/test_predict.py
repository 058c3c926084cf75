"""The command predict answers as the library does, and says what is wrong in a line."""

import json
from pathlib import Path

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.cli.main import main


def test_it_is_the_library_s(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["predict", str(data / "data.csv"), "--target", "gene3", "--ridge", "0.1",
             "--samples", "20", "60", "--mask-ratios", "0.2", "uniform:0.1:0.9", "0.5"]  # fmt: skip
    assert main([*words, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    options = {"target": 3, "samples": np.array([20, 60]), "ridge": 0.1, "rng": 0}
    X = np.loadtxt(data / "data.csv", delimiter=",", skiprows=1)
    numbers = rl.rows_risk(X, np.array([[0.2], [0.5]]), **options)
    law = rl.rows_risk(X, rl.UniformRatio(0.1, 0.9), **options)
    expected = [*np.ravel(numbers.prediction_error), *np.ravel(law.prediction_error)]
    assert [cell["prediction_error"] for cell in answer["cells"]] == expected
    assert [cell["mask_ratio"] for cell in answer["cells"]][::2] == [
        "0.2",
        "0.5",
        "uniform:0.1:0.9",
    ]
    assert [cell["samples"] for cell in answer["cells"]] == [20, 60] * 3
    assert answer["targets"] == [3]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert f"{expected[0]:.4g} ± " in shown
    assert "predicting 0: " in shown
    assert "careful: A population of 80 rows for 60 samples" in shown


def test_it_writes_and_draws(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture, folder = data / "curve.png", data / "new"
    words = ["predict", str(data / "data.npy"), "--standardize", "--ridge", "0.1", "--replicates",
             "1", "--mask-ratios", "0.2", "0.4", "uniform:0.2:0.4", "--groups", "3"]  # fmt: skip
    assert main([*words, "--plot", str(picture), "--output", str(folder)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "predicting 0: 1\n" in capsys.readouterr().out
    lines = (folder / "predict.csv").read_text().splitlines()
    assert lines[0].startswith("mask_ratio,samples,prediction_error,standard_error")
    assert len(lines) == 4
    assert json.loads((folder / "predict.json").read_text())["replicates"] == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--samples", "81"], "samples must be whole numbers from 1 to 80"),
        (["--mask", "stripes"], "mask must be 'independent'"),
        (["--mask-ratios", "half"], "mask_ratio must be a number"),
        (["--target", "gene99"], "target must be"),
        (["--plot", "curve.xyz"], "--plot: "),
    ],
)
def test_mistakes(
    words: list[str], sentence: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = str(data / "data.csv")
    assert main(["predict", table, "--ridge", "0.1", "--replicates", "1", *words]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_a_constant_column_has_no_scale(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(data / "flat.npy", np.ones((20, 3)) * [1, 2, 3])
    assert main(["predict", str(data / "flat.npy"), "--standardize"]) == 2
    assert "constant column 0" in capsys.readouterr().err

"""What each command answers."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.cli.main import main


def test_risk_is_the_library_s(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--spectrum", "ar1:0.5", "--dimension", "20", "--mask-ratio", "uniform:0.2:0.6"]
    task = ["--target", "linear", "--snr", "4", "--alignment", "1", "--aspect-ratio", "3"]
    assert main(["risk", *options, *task, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    expected = rl.risk(
        rl.Spectrum.ar1(0.5, 20),
        rl.UniformRatio(0.2, 0.6),
        aspect_ratio=3.0,
        target=rl.LinearTarget(snr=4.0, alignment=1.0),
    )
    assert answer["total"] == expected.total
    assert answer["version"] == rl.__version__
    assert answer["settings"]["snr"] == 4.0
    assert main(["risk", *options, *task]) == 0
    assert f"{expected.total:.6g}" in capsys.readouterr().out


def test_curve_writes_what_it_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--mask-ratios", "0.1", "0.3", "--masks-per-sample", "inf", "--dimension", "50"]
    assert main(["curve", *options, "--output", str(tmp_path / "new")]) == 0
    shown = capsys.readouterr().out
    best = rl.optimal_mask_ratio(
        rl.Spectrum.power_law(1.0, 50), aspect_ratio=2.0, masks_per_sample=math.inf
    )
    assert f"best mask ratio {best.mask_ratio:.3f}" in shown
    table = np.genfromtxt(tmp_path / "new" / "curve.csv", delimiter=",", names=True)
    kept = json.loads((tmp_path / "new" / "curve.json").read_text())
    np.testing.assert_array_equal(table["total"], kept["curve"]["total"])
    assert kept["optimal_mask_ratio"] == best.mask_ratio
    assert not list((tmp_path / "new").glob("*.part"))


def test_curve_says_when_nothing_can_be_learnt(capsys: pytest.CaptureFixture[str]) -> None:
    task = ["--target", "linear", "--snr", "0.01", "--aspect-ratio", "1"]
    assert main(["curve", "--spectrum", "isotropic", *task]) == 0
    assert "predicting 0 is best" in capsys.readouterr().out


def test_curve_says_when_no_masks_at_all_are_worse(capsys: pytest.CaptureFixture[str]) -> None:
    """With many masks the smallest ratios are best here; without masks no row would count."""
    task = ["--spectrum", "power_law:1.5", "--dimension", "100", "--aspect-ratio", "20"]
    assert main(["curve", *task, "--masks-per-sample", "inf"]) == 0
    shown = capsys.readouterr().out
    assert "best mask ratio 0.000" in shown
    assert "0 stands for very small mask ratios" in shown
    assert main(["curve", *task, "--masks-per-sample", "inf", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["limit"] is True


def test_recommend_reads_both_formats(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = []
    for name in ("data.npy", "data.csv"):
        assert main(["recommend", str(data / name), "--replicates", "2", "--json"]) == 0
        answers.append(json.loads(capsys.readouterr().out))
    assert answers[0]["mask_ratio"] == pytest.approx(answers[1]["mask_ratio"], rel=1e-6)
    assert answers[0]["aspect_ratio"] == 12 / 80
    picture = data / "curve.png"
    words = ["recommend", str(data / "data.csv"), "--replicates", "2", "--target", "3"]
    assert main([*words, "--plot", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    shown = capsys.readouterr().out
    assert "with one mask per sample" in shown
    words[words.index("3")] = "gene3"
    assert main(words) == 0
    assert capsys.readouterr().out == shown
    words[words.index("gene3")] = "gene"
    assert main(words) == 2
    assert "a name of the header (gene0, gene1" in capsys.readouterr().err


def test_own_eigenvalues(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.txt").write_text("1.0\n3.0\n")
    assert main(["risk", "--eigenvalues", str(tmp_path / "s.txt"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["total"] == rl.risk([1.0, 3.0], 0.5).total

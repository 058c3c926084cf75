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


def test_recommend_is_the_library_s(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = []
    for name in ("data.npy", "data.csv"):
        assert main(["recommend", str(data / name), "--json"]) == 0
        answers.append(json.loads(capsys.readouterr().out))
    expected = rl.recommend(np.load(data / "data.npy"), rng=0)
    assert answers[0]["mask_ratio"] == expected.mask_ratio
    assert answers[0]["mask_ratio"] == pytest.approx(answers[1]["mask_ratio"], rel=1e-6)
    assert answers[0]["curve"]["prediction_error"] == expected.prediction_error.tolist()
    assert answers[1]["rows"] == {"read": 80, "used": 80}
    assert answers[1]["columns"]["names"][3] == "gene3"
    assert answers[1]["verdict"] == expected.verdict


def test_recommend_says_what_a_person_can_act_on(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = data / "curve.png"
    assert main(["recommend", str(data / "data.csv"), "--plot", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    shown = capsys.readouterr().out
    expected = rl.recommend(np.loadtxt(data / "data.csv", delimiter=",", skiprows=1), rng=0)
    assert "data.csv: 80 rows x 12 columns (names from line 1, commas)" in shown
    assert f"hides {expected.hidden:.3g} feature" in shown
    assert f"within 10% of the best from {expected.low:.3g} to {expected.high:.3g}" in shown
    for line in ("recommended ", "predicting the mean ", "0.15 ", "0.5 ", "0.75 ", "U(0.1, 0.9) "):
        assert line in shown


def test_a_target_and_groups_by_name_or_number(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for target in ("3", "gene3"):
        assert main(["recommend", str(data / "data.csv"), "--target", target]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert main(["recommend", str(data / "data.csv"), "--target", "gene"]) == 2
    assert "a name of the header (gene0, gene1" in capsys.readouterr().err
    answers = []
    (data / "labels.txt").write_text("a a a b b b c c c d d d\n")
    (data / "bom.csv").write_bytes("\n".join("000111222333").encode("utf-8-sig"))
    for groups in ("3", ",".join("aaabbbcccddd"), "labels.txt", "bom.csv"):
        given = str(data / groups) if "." in groups else groups
        assert main(["recommend", str(data / "data.npy"), "--groups", given, "--json"]) == 0
        answers.append(json.loads(capsys.readouterr().out)["curve"])
    assert all(curve == answers[0] for curve in answers)


def test_the_options_reach_the_library(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--fill", "rescale", "--ridge", "0.1", "--test-mask-ratio", "0.2", "--samples", "60",
             "--independent-rows", "--rng", "3", "--json"]  # fmt: skip
    assert main(["recommend", str(data / "data.npy"), *words]) == 0
    answer = json.loads(capsys.readouterr().out)
    expected = rl.recommend(
        np.load(data / "data.npy"), fill="rescale", ridge=0.1, test_mask_ratio=0.2, samples=60,
        dependence=False, rng=3,
    )  # fmt: skip
    assert answer["curve"]["prediction_error"] == expected.prediction_error.tolist()
    assert main(["recommend", str(data / "data.npy"), "--epochs", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["settings"]["masks_per_sample"] == 2


def test_gaps_in_a_table_are_said(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (data / "data.csv").read_text().splitlines()
    for line, skipped in ((1, 0), (5, 0), (5, 1)):
        broken = lines.copy()
        broken[line] = "NA" + broken[line][broken[line].index(",") :]
        (data / "gap.csv").write_text("\n".join(broken[skipped:]))
        assert main(["recommend", str(data / "gap.csv")]) == 2
        error = capsys.readouterr().err
        assert f"gap.csv, line {line + 1 - skipped}, column 0" in error
        assert "a missing value: --missing drop-rows, drop-columns or mean" in error
        assert main(["recommend", str(data / "gap.csv"), "--missing", "drop-rows"]) == 0
        assert "79 rows" in capsys.readouterr().out or skipped


def test_own_eigenvalues(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.txt").write_text("1.0\n3.0\n")
    assert main(["risk", "--eigenvalues", str(tmp_path / "s.txt"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["total"] == rl.risk([1.0, 3.0], 0.5).total


def test_pilot_is_the_library_s(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "runs.csv").write_text(
        "ratio,value,seed\n0.15,0.3,0\n0.5,0.2,0\n0.75,0.3,0\nU(0 1),1,0\n"
    )
    words = [
        "pilot",
        str(data / "runs.csv"),
        "--data",
        str(data / "data.csv"),
        "--test-ratio",
        "0.5",
    ]
    assert main([*words, "--json"]) == 0
    captured = capsys.readouterr()
    answer = json.loads(captured.out)
    theory = rl.recommend(
        np.loadtxt(data / "data.csv", delimiter=",", skiprows=1), test_mask_ratio=0.5, rng=0
    )
    expected = rl.pilot([0.15, 0.5, 0.75], [0.3, 0.2, 0.3], theory=theory)
    assert answer["next_ratio"] == expected.next_ratio
    assert answer["predicted"] == expected.predicted.tolist()
    assert "data.csv: 80 rows" in captured.err
    assert answer["warnings"][0] == "Left out, as laws and not ratios: U(0 1)."
    assert main(words[:2]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("run next: 0.")
    assert "best so far: 0.5 (0.2)" in shown

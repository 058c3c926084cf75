"""``python -m ridgeless``: answers, files, and one line for every mistake."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.__main__ import main


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(80, 4)) @ rng.normal(size=(4, 12)) + 2 * rng.normal(size=(80, 12))
    np.save(tmp_path / "data.npy", rows)
    header = ",".join(f"gene{i}" for i in range(12))
    np.savetxt(tmp_path / "data.csv", rows, delimiter=",", header=header, comments="")
    return tmp_path


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


def test_infinities_are_valid_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["risk", "--aspect-ratio", "0.5", "--mask-ratio", "0.5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["total"] == "inf"


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


@pytest.mark.nojit_slow
def test_groups_from_a_width_a_list_and_a_file(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "labels.txt").write_text("a a a b b b c c c d d d\n")
    (data / "lines.csv").write_text("\n".join("000111222333"))
    np.save(data / "labels.npy", np.arange(12) // 3)
    listed = ",".join("aaabbbcccddd")
    files = [str(data / name) for name in ("labels.txt", "lines.csv", "labels.npy")]
    answers = []
    for groups in ("3", listed, *files):
        words = ["recommend", str(data / "data.npy"), "--groups", groups, "--replicates", "2"]
        assert main([*words, "--epochs", "4", "--json"]) == 0
        answers.append(json.loads(capsys.readouterr().out))
    assert answers[0]["settings"]["masks_per_sample"] == 4
    curves = [answer["curve"]["prediction_error"] for answer in answers]
    assert all(curve == curves[0] for curve in curves)


@pytest.mark.parametrize(("cell", "says"), [("", "missing values"), ("NA", "'NA' is not a number")])
def test_gaps_in_a_table_are_said(
    cell: str, says: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (data / "data.csv").read_text().splitlines()
    for line in (1, 5):  # in the first row it must not be taken for a header
        broken = lines.copy()
        broken[line] = cell + broken[line][broken[line].index(",") :]
        for skipped in (0, 1):
            (data / "gap.csv").write_text("\n".join(broken[skipped:]))
            assert main(["recommend", str(data / "gap.csv")]) == 2
            assert says in capsys.readouterr().err


def test_own_eigenvalues(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.txt").write_text("1.0\n3.0\n")
    assert main(["risk", "--eigenvalues", str(tmp_path / "s.txt"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["total"] == rl.risk([1.0, 3.0], 0.5).total


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["risk", "--mask-ratio", "2"], "mask_ratio must lie"),
        (["risk", "--mask-ratio", "uniform:0.1"], "mask_ratio must be a number or one of"),
        (["risk", "--mask-ratio", "half"], "mask_ratio must be a number"),
        (["risk", "--mask-ratio", "0.1:0.2"], "mask_ratio must be a number"),
        (["risk", "--spectrum", "flat"], "spectrum must be one of"),
        (["risk", "--spectrum", "ar1:x"], "must end in a number after the colon"),
        (["risk", "--aspect-ratio", "-1"], "aspect_ratio must be at least 0"),
        (["risk", "--snr", "many"], "invalid float value"),
        (["risk", "--eigenvalues", "missing.npy"], "missing.npy: No such file"),
        (["risk", "--mask-ratio", "uniform:0.1:0.2", "--masks-per-sample", "2"], "not derived"),
        (["recommend", "{data}/empty.csv"], "is empty"),
        (["recommend", "{data}/words.csv"], "'c' is not a number"),
        (["recommend", "{data}/header.csv"], "a header and no rows"),
        (["recommend", "{data}/ragged.csv"], "equally many numbers in every line"),
        (["recommend", "{data}/column.csv"], "at least two columns that vary, got 1"),
        (["recommend", "{data}/few.csv"], "at least 10 rows, got 2"),
        (["recommend", "{data}/data.npy", "--rng", "-1"], "rng must be"),
        (["recommend", "{data}/data.npy", "--groups", "a,b"], "groups must hold one label"),
        (["recommend", "{data}/data.npy", "--groups", "12"], "at least two, got one group"),
        (["recommend", "{data}/data.npy", "--groups", "missing"], "missing: No such file"),
        (["recommend", "{data}/data.npy", "--groups", "{data}/bytes"], "one label per column"),
        (["recommend", "{data}/broken.npy"], "cannot be read as a table"),
        (["recommend", "{data}/zip.npy"], "cannot be read as a table"),
        (["recommend", "{data}/several.npy"], "it holds several arrays"),
        (["recommend", "{data}/data.npy", "--target", "99"], "target_column must be below 12"),
        (["curve", "--plot", "{data}/curve.txtx"], "--plot"),
        (
            ["curve", "--mask-ratios", "0.5", "--aspect-ratio", "0.5", "--plot", "{data}/a.png"],
            "--plot needs a finite risk",
        ),
        ([], "required"),
    ],
)
def test_mistakes_take_one_line(
    words: list[str], says: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "empty.csv").write_text("")
    (data / "words.csv").write_text("a,b\nc,d\n")
    (data / "header.csv").write_text("a,b\n")
    (data / "ragged.csv").write_text("1,2\n3\n")
    (data / "column.csv").write_text("\n".join(map(str, range(20))))
    (data / "few.csv").write_text("1,2\n3,5\n")
    (data / "bytes").write_bytes(bytes(range(128, 256)))
    (data / "broken.npy").write_bytes(b"not an array")
    (data / "zip.npy").write_bytes(b"PK\x03\x04 broken")
    with (data / "several.npy").open("wb") as file:
        np.savez(file, a=np.ones(3), b=np.ones(3))
    assert main([word.format(data=data) for word in words]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert error.startswith("error: ")


def test_an_interrupt_is_quiet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rl, "risk", interrupt)
    assert main(["risk"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_the_module_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ridgeless", "risk", "--mask-ratio", "7"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: mask_ratio must lie in [0, 1]")
    shown = subprocess.run(
        [sys.executable, "-m", "ridgeless", "--help"], capture_output=True, text=True, check=True
    )
    assert "examples:" in shown.stdout

"""``python -m ridgeless``: answers, files, and one line for every mistake."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.cli.main import main
from ridgeless.recommend import measured


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
        (["recommend", "{data}/empty.csv"], "is empty"),
        (
            ["recommend", "{data}/words.csv"],
            "'a' is not a number, and 2 of 2 columns have such cells: --text-columns",
        ),
        (["recommend", "{data}/header.csv"], "a header and no rows"),
        (["recommend", "{data}/ragged.csv"], "every line must hold equally many"),
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
        (
            ["recommend", "{data}/data.npy", "--target", "99"],
            "target must be the number of a column (from 0, below 12)",
        ),
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
    (data / "ragged.csv").write_text("4,2\n3\n")
    (data / "column.csv").write_text("\n".join(map(str, range(20))))
    (data / "few.csv").write_text("4,2\n3,5\n")
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


def test_a_recommendation_can_be_interrupted(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    # In the midst of the work, which one ratio's products take.
    monkeypatch.setattr(measured, "left_out_one_by_one", interrupt)
    assert main(["recommend", str(data / "data.csv")]) == 130
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

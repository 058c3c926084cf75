"""Tables and groups that a user brings."""

import json
from pathlib import Path

import numpy as np
import pytest

from ridgeless.cli.main import main


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

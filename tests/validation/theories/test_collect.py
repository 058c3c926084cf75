"""`python -m validation theories`: what is there is not done again, and the report shows it."""

import json

import pytest

from validation.__main__ import main
from validation.report.document import follows
from validation.theories.collect import read_theories


@pytest.fixture
def folder(table, tmp_path, here):
    out = tmp_path / "out"
    arguments = ["linear", "mlp", "--data", table, "--ratios", "0.3", "0.6", "0.9"]
    arguments += ["uniform:0.1:0.9", "linear:0.9:0.1", "--widths", "8", "--samples", "60"]
    arguments += ["--seeds", "1", "--steps", "8", "--trained-out", "16", "--no-bridge"]
    assert main([*arguments, "--keep-models", "--output", str(out)]) == 0
    return out


def test_theories_stand_beside_the_runs(folder, here, capsys):
    assert main(["theories", str(folder)]) == 0
    lines = read_theories(folder)
    sources = [line["source"] for line in lines]
    # Four ratios: the schedule has no theory of its own.
    assert sources.count("random features") == 4
    # The MLP at its three fixed ratios is tested at these too.
    assert sources.count("measured") == 2 * 4 + 3
    assert sources.count("trained features") == 4 + 3
    assert sources.count("linear") == 6 * 4
    assert all(0 < line["risk"] < 50 for line in lines)
    # A second time nothing is done, even after a crash in the last line.
    path = folder / "theories.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    assert main(["theories", str(folder)]) == 0
    again = read_theories(folder)
    assert len(again) == len(lines)
    assert all(line in again for line in lines)
    size = path.stat().st_size
    assert main(["theories", str(folder)]) == 0
    assert path.stat().st_size == size

    assert main(["report", str(folder)]) == 0
    report = json.loads((folder / "report.json").read_text())
    assert follows(report) == {name: report[name] for name in ("verdicts", "beside", "regrets")}
    assert report["beside"]
    assert report["regrets"]
    text = (folder / "report.md").read_text()
    assert "## Three theories beside the networks" in text
    assert "## What a rule for the ratio costs" in text
    assert "## How long models were trained" in text
    assert (folder / "theories-table.png").exists()


def test_what_cannot_be_compared_is_said(tmp_path, folder, capsys):
    assert main(["theories", str(tmp_path / "nowhere")]) == 2
    assert "must hold runs" in capsys.readouterr().err
    for file in (folder / "models").iterdir():
        file.unlink()
    assert main(["theories", str(folder)]) == 2
    assert "--keep-models" in capsys.readouterr().err
    (folder / "theories.jsonl").write_text("{}\n{}\n")
    assert main(["report", str(folder)]) == 2
    assert "line 1" in capsys.readouterr().err

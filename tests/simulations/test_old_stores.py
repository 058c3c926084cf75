"""Folders of sweeps written by earlier versions go on, or are refused with a sentence."""

import csv
import json
import shutil
from pathlib import Path

import pytest

import ridgeless as rl
from simulations.sweep import run as sweep
from simulations.sweep.settings import read_settings
from tests.tolerances import LINEAR_ALGEBRA, PRINTED

#: Written by the version before maskings, by the arguments in its provenance.json.
STORE = Path(__file__).parent / "stores" / "before_maskings"
SWEEP = ["--spectrum", "power_law", "spiked", "--mask-ratios", "0.3", "uniform:0.1:0.9"]
SWEEP += ["--aspect-ratios", "2", "--dimension", "20", "--target", "linear", "--snr", "1"]
SWEEP += ["--trials", "8", "--jobs", "1"]


def test_an_old_folder_goes_on(tmp_path):
    folder = tmp_path / "sweep"
    shutil.copytree(STORE, folder)
    old = (STORE / "batches.csv").read_text().splitlines(keepends=True)
    (folder / "batches.csv").write_text("".join(old[:4]))  # three of eight batches
    assert sweep.main([*SWEEP, "--output", str(folder)]) == 0
    new = (folder / "batches.csv").read_text().splitlines()
    assert len(new) == len(old)
    assert new[0] == old[0].strip()  # without checksums, as it began
    for left, right in zip(sorted(new[4:]), sorted(old[4:]), strict=True):
        here, there = left.split(","), right.split(",")
        assert here[:4] == there[:4]
        numbers = [list(map(float, fields[4:])) for fields in (here, there)]
        assert numbers[0] == pytest.approx(numbers[1], rel=LINEAR_ALGEBRA)
    texts = [(x / "summary.csv").read_text().splitlines() for x in (folder, STORE)]
    for left, right in zip(*map(csv.DictReader, texts), strict=True):
        assert left["cell"] == right["cell"]
        for name in ("theory", "monte_carlo", "standard_error"):
            assert float(left[name]) == pytest.approx(float(right[name]), rel=PRINTED)


def test_an_old_folder_of_other_settings_is_refused(tmp_path, capsys):
    folder = tmp_path / "sweep"
    shutil.copytree(STORE, folder)
    assert sweep.main([*SWEEP, "--rng", "1", "--output", str(folder)]) == 2
    assert "holds a sweep with other settings (rng)" in capsys.readouterr().err


def test_an_old_folder_of_renamed_cells_is_refused(tmp_path):
    """As when the way rows are drawn changes, and old trials are other trials."""
    folder = tmp_path / "sweep"
    shutil.copytree(STORE, folder)
    text = (folder / "batches.csv").read_text()
    (folder / "batches.csv").write_text(text.replace("15fa84a588fc5b6a", "0" * 16))
    with pytest.raises(rl.DomainError, match=r"line 2 of .* is not of this sweep, or damaged"):
        sweep.load(folder)


def test_the_record_of_an_old_folder_is_read():
    settings = read_settings(STORE / "provenance.json")
    there = json.loads((STORE / "provenance.json").read_text())["settings"]
    assert settings.record() == there | {"fill": "zero", "test_fill": None}  # not there yet then

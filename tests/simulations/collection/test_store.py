"""A store survives whatever happens to its writer."""

import csv
import errno
import io
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

import ridgeless as rl
from simulations import simulate_risks
from simulations.__main__ import main
from simulations.collection import store
from simulations.collection.ledger import Ledger
from simulations.sweep import run as sweep

SWEEP = ["--spectrum", "power_law", "--mask-ratios", "0.3", "0.5", "--dimension", "50"]
SWEEP += ["--target", "linear", "--snr", "1", "4", "--trials", "40"]


def finished(folder, *arguments):
    assert sweep.main([*SWEEP, "--jobs", "1", "--output", str(folder), *arguments]) == 0
    return (folder / "summary.csv").read_bytes()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    finished(folder)
    return folder


def test_batches_can_be_read(undisturbed):
    text = (undisturbed / "batches.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 2 * 2 * 2 * 10
    assert {row["trials"] for row in rows} == {"4"}
    assert {row["design"] for row in rows}.isdisjoint(row["cell"] for row in rows)


@pytest.mark.nojit_slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_killed_runs_end_with_the_same_bytes(undisturbed, tmp_path):
    """SIGKILL of the whole process group, at random moments, until a run gets through."""
    command = [sys.executable, "-m", "simulations.sweep", *SWEEP, "--output", str(tmp_path)]
    batches = tmp_path / "batches.csv"
    moments = random.Random(0)
    kills = 0
    for kill in range(4):
        process = subprocess.Popen(
            [*command, "--jobs", "1" if kill % 2 else "2"],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        size = batches.stat().st_size if batches.exists() else 0
        limit = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < limit:
            if batches.exists() and batches.stat().st_size > size + 200:
                break
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.05))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        process.wait(timeout=60)
    assert kills >= 2
    assert batches.stat().st_size > 0
    assert finished(tmp_path) == (undisturbed / "summary.csv").read_bytes()


@pytest.mark.parametrize("cut", [1, 40, 300, 2000])
def test_half_written_batches_are_redone(undisturbed, tmp_path, cut):
    for name in ("batches.csv", "provenance.json"):
        (tmp_path / name).write_bytes((undisturbed / name).read_bytes())
    whole = (undisturbed / "batches.csv").read_bytes()
    (tmp_path / "batches.csv").write_bytes(whole[:-cut])
    assert finished(tmp_path) == (undisturbed / "summary.csv").read_bytes()
    assert (tmp_path / "batches.csv").read_bytes() == whole


def test_a_finished_sweep_is_not_run_again(undisturbed, monkeypatch):
    def forbidden(*_):
        raise AssertionError("a trial was run")

    monkeypatch.setattr("simulations.collection.runner.run_trial", forbidden)
    before = (undisturbed / "summary.csv").read_bytes()
    assert finished(undisturbed) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--trials", "44"], "(trials)"),
        (["--rng", "1"], "(rng)"),
        (["--ridge", "0.1", "--dimension", "60"], "(dimension, ridge)"),
        (["--patch", "2", "--masks-per-sample", "2"], "(masks_per_sample, patch)"),
    ],
)
def test_other_settings_are_refused(undisturbed, capsys, arguments, words):
    before = (undisturbed / "batches.csv").read_bytes()
    assert sweep.main([*SWEEP, *arguments, "--output", str(undisturbed)]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1
    assert (undisturbed / "batches.csv").read_bytes() == before


def test_damage_is_told(undisturbed, tmp_path, capsys):
    for name in ("batches.csv", "provenance.json"):
        (tmp_path / name).write_bytes((undisturbed / name).read_bytes())
    lines = (tmp_path / "batches.csv").read_text().splitlines(keepends=True)
    lines[3] = "x" + lines[3]
    (tmp_path / "batches.csv").write_text("".join(lines))
    assert sweep.main([*SWEEP, "--output", str(tmp_path)]) == 2
    assert "line 4 of" in capsys.readouterr().err


@pytest.mark.parametrize(
    "damage",
    [
        lambda cells: [*cells[:4], "nan", *cells[5:]],
        lambda cells: [*cells[:3], "3", *cells[4:]],
        lambda cells: [*cells[:2], "10", *cells[3:]],  # beyond the last
        lambda cells: [*cells[:2], "1" if cells[2] == "0" else "0", *cells[3:]],  # twice
        lambda cells: [cells[0], "0" * 16, *cells[2:]],
        lambda cells: cells[:-1],
    ],
)
def test_a_changed_line_is_told(undisturbed, tmp_path, capsys, damage):
    (tmp_path / "provenance.json").write_bytes((undisturbed / "provenance.json").read_bytes())
    lines = (undisturbed / "batches.csv").read_text().splitlines()
    for number in (5, 6):
        lines[number] = ",".join(damage(lines[number].split(",")))
    (tmp_path / "batches.csv").write_text("\n".join(lines) + "\n")
    assert sweep.main([*SWEEP, "--output", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "is not of this sweep, or damaged" in told
    assert told.count("\n") == 1


def test_numbers_are_stored_in_full(undisturbed):
    settings, cells, ledger = sweep.load(undisturbed)
    fresh = simulate_risks(
        [cell.problem for cell in cells], trials=settings.trials, rng=settings.rng
    )
    assert [ledger.estimate(cell.problem) for cell in cells] == fresh


def test_a_write_is_repeated_until_it_is_whole(undisturbed, tmp_path, monkeypatch):
    class Slow(io.FileIO):
        def write(self, data):
            return super().write(bytes(data[:7]))

    _, _, ledger = sweep.load(undisturbed)
    path = tmp_path / "batches.csv"
    with Slow(path, "ab") as file:
        there = store.BatchFile(file, path)
        there.resume(Ledger(ledger.problems, ledger.trials))
        experiment = next(iter(ledger.experiments.values()))
        there.append(experiment, 0, experiment.done[0])
    assert path.read_text().splitlines()[1] in (undisturbed / "batches.csv").read_text()


def test_full_disk(undisturbed, tmp_path, capsys, monkeypatch):
    written = []

    def full(handle):
        written.append(handle)
        if len(written) > 5:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(store.os, "fsync", full)
        assert sweep.main([*SWEEP, "--jobs", "1", "--output", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert os.strerror(errno.ENOSPC) in told.splitlines()[-1]
    assert "Traceback" not in told
    assert "batches.csv" in told.splitlines()[-1]
    assert "the same command goes on" in told.splitlines()[-1]
    assert len((tmp_path / "batches.csv").read_text().splitlines()) == 1 + 4 * 2
    assert finished(tmp_path) == (undisturbed / "summary.csv").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="no locks")
def test_one_writer_at_a_time(undisturbed, capsys):
    path = undisturbed / "batches.csv"
    assert not store.is_locked(path)
    with store.BatchFile.open(path):
        assert store.is_locked(path)
        assert sweep.main([*SWEEP, "--output", str(undisturbed)]) == 2
        assert "another process" in capsys.readouterr().err
        assert main(["status", "--output", str(undisturbed)]) == 0
        assert ": running;" in capsys.readouterr().out
        with pytest.raises(rl.DomainError, match="another process"):
            store.BatchFile.open(path).__enter__()
    assert main(["status", "--output", str(undisturbed)]) == 0
    assert ": not running;" in capsys.readouterr().out


def test_the_lock_comes_before_the_record(tmp_path, capsys, monkeypatch):
    """Another sweep takes the folder between the look at it and the lock."""
    taken = sweep.BatchFile.open

    def late(path):
        with monkeypatch.context() as patch:
            patch.setattr(sweep.BatchFile, "open", taken)
            finished(tmp_path)
        return taken(path)

    monkeypatch.setattr(sweep.BatchFile, "open", late)
    assert sweep.main([*SWEEP, "--rng", "1", "--output", str(tmp_path)]) == 2
    assert "(rng)" in capsys.readouterr().err
    assert json.loads((tmp_path / "provenance.json").read_text())["settings"]["rng"] == 0


def test_config_repeats_a_run(undisturbed, tmp_path):
    config = ["--config", str(undisturbed / "provenance.json"), "--output", str(tmp_path)]
    assert sweep.main([*config, "--jobs", "2"]) == 0
    again, before = (folder / "summary.csv" for folder in (tmp_path, undisturbed))
    assert again.read_bytes() == before.read_bytes()
    settings = json.loads((tmp_path / "provenance.json").read_text())["settings"]
    assert settings["snr"] == [1.0, 4.0]


def test_dry_run(tmp_path, capsys):
    assert sweep.main([*SWEEP, "--dry-run", "--output", str(tmp_path / "out")]) == 0
    assert "8 cells of 4 designs, 160 trials" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_status_compare_and_plot(undisturbed, tmp_path, capsys):
    """On a finished store, and on one that is half done."""
    whole = (undisturbed / "batches.csv").read_bytes()
    for name in ("provenance.json", "batches.csv"):
        (tmp_path / name).write_bytes((undisturbed / name).read_bytes())
    for share, words in ((1.0, "8 of 8 cells"), (0.6, " of 8 cells")):
        (tmp_path / "batches.csv").write_bytes(whole[: int(share * len(whole))])
        assert main(["status", "--output", str(tmp_path)]) == 0
        assert words in capsys.readouterr().out
        assert main(["compare", "--output", str(tmp_path)]) == 0
        assert " undecided" in capsys.readouterr().out
        assert main(["plot", "--output", str(tmp_path)]) == 0
        assert (tmp_path / "sweep.png").stat().st_size > 10_000
    for command in ("status", "compare", "plot"):
        assert main([command, "--output", str(tmp_path / "nothing")]) == 2
        assert "must hold a sweep" in capsys.readouterr().err

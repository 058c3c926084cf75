"""A store survives whatever happens to its writer."""

import csv
import errno
import io
import os
import random
import shutil
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
from tests.simulations.sweeps import SWEEP, finished


def test_batches_can_be_read(undisturbed):
    text = (undisturbed / "batches.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 2 * 2 * 2 * 10
    assert {row["trials"] for row in rows} == {"4"}
    assert {row["design"] for row in rows}.isdisjoint(row["cell"] for row in rows)


@pytest.mark.slow
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
        lambda cells: [*cells[:2], "1" * 5000, *cells[3:]],
        lambda cells: [*cells[:3], "1" * 5000, *cells[4:]],
        lambda cells: [*cells[:2], "1" if cells[2] == "0" else "0", *cells[3:]],  # twice
        lambda cells: [cells[0], "0" * 16, *cells[2:]],
        lambda cells: cells[:-1],
    ],
)
def test_a_changed_line_is_told(undisturbed, tmp_path, capsys, damage):
    (tmp_path / "provenance.json").write_bytes((undisturbed / "provenance.json").read_bytes())
    lines = (undisturbed / "batches.csv").read_text().splitlines()
    for number in (5, 6):  # by someone who knows how to sign
        lines[number] = store.signed(",".join(damage(lines[number].split(",")[:-1]))).strip()
    (tmp_path / "batches.csv").write_text("\n".join(lines) + "\n")
    assert sweep.main([*SWEEP, "--output", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "is not of this sweep, or damaged" in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("line", [1, 40, 80])
@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("0.", "1.", 1),  # a digit changed
        lambda text: text[:60] + text[61:],  # a digit cut
        lambda text: ",-".join(text.rsplit(",", 2)[:2]) + "," + text.rsplit(",", 1)[1],
        lambda text: text[:-1],
    ],
)
def test_a_changed_digit_is_told(undisturbed, tmp_path, capsys, line, damage):
    """Numbers that another trial might well have given, in the first, a middle and the last."""
    (tmp_path / "provenance.json").write_bytes((undisturbed / "provenance.json").read_bytes())
    lines = (undisturbed / "batches.csv").read_text().splitlines()
    assert len(lines) == 81
    before = lines[line]
    lines[line] = damage(before)
    assert lines[line] != before
    path = tmp_path / "batches.csv"
    path.write_text("\n".join(lines) + "\n")
    assert sweep.main([*SWEEP, "--output", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: line {line + 1} of {path} is not of this sweep, or damaged")
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
        patch.setattr("os.fsync", full)
        assert sweep.main([*SWEEP, "--jobs", "1", "--output", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert os.strerror(errno.ENOSPC) in told.splitlines()[-1]
    assert "Traceback" not in told
    assert "batches.csv" in told.splitlines()[-1]
    assert "the same command goes on" in told.splitlines()[-1]
    assert len((tmp_path / "batches.csv").read_text().splitlines()) == 1 + 4 * 2
    assert finished(tmp_path) == (undisturbed / "summary.csv").read_bytes()


def replaced(path):
    shutil.copy(path, path.parent / "copy").replace(path)


def truncated(path):
    path.write_bytes(b"")


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted")
@pytest.mark.parametrize("batches", [3, 20])  # 20: after the last write
@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (
            lambda path: path.unlink(),
            "deleted while this process wrote to it; what was done is lost",
        ),
        (lambda path: shutil.rmtree(path.parent), "deleted while"),
        (lambda path: path.rename(path.parent.parent / "moved"), "moved away while"),
        (lambda path: path.parent.rename(path.parent.parent / "moved"), "kept in the file"),
        (replaced, "replaced while this process wrote to it; what was done is lost"),
        (truncated, "changed while this process wrote to it; what was done is perhaps damaged"),
    ],
)
def test_a_store_that_goes_away_ends_the_sweep(tmp_path, capsys, monkeypatch, batches, harm, said):
    path, append, written = tmp_path / "out" / "batches.csv", store.BatchFile.append, []

    def harmful(file, *batch):
        append(file, *batch)
        written.append(batch)
        if len(written) == batches:
            harm(path)

    monkeypatch.setattr(store.BatchFile, "append", harmful)
    assert sweep.main([*SWEEP, "--jobs", "1", "--output", str(path.parent)]) == 2
    told = capsys.readouterr()
    assert len(written) == batches
    last = told.err.splitlines()[-1]
    assert last.startswith(f"error: {path} was ")
    assert said in last
    assert "Traceback" not in told.err
    assert told.out == ""


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

"""The store of a sweep: an append-only table of numbered batches that survives its writer.

One line per cell and batch, in the order in which batches are done. All lines of a batch are
written, flushed and synchronised together. A writer that is killed leaves at most one incomplete
batch at the end of the file; the next one cuts it off and does that batch again.
"""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

import numpy as np

from ridgeless import DomainError
from simulations.collection.ledger import Experiment, Ledger
from simulations.collection.statistics import Tally

__all__ = ["NAME", "SHOWN", "BatchFile", "is_locked", "read_batches"]

NAME = "batches.csv"
#: Digits of an id that a line shows: enough to tell 2^32 cells apart.
SHOWN = 16

#: Sums of products of deviations: signal with itself, with noise, and noise with itself.
COLUMNS = ("design", "cell", "batch", "trials", "signal", "noise", "ss", "sn", "nn")
HEADER = ",".join(COLUMNS) + "\n"


def read_batches(path: Path, ledger: Ledger) -> int:
    """Record the complete batches of a store in the ledger; return the bytes they take.

    Raises
    ------
    DomainError
        If a line is not one that this sweep would have written.
    """
    if not path.exists():
        return 0
    with path.open(newline="", encoding="ascii", errors="replace") as file:
        lines = file.readlines()
    if lines[:1] != [HEADER]:
        if len(lines) > 1 or not HEADER.startswith("".join(lines)):
            raise DomainError(f"{path} must start with {HEADER.strip()!r}, it is no store")
        return 0
    if not lines[-1].endswith("\n"):
        lines.pop()
    names = {name[:SHOWN]: e for name, e in ledger.experiments.items()}
    used = len(HEADER)
    at = 1
    while at < len(lines):
        experiment, number, size = _batch(path, at, lines[at], names)
        block = lines[at : at + size]
        if len(block) < size:
            break
        tallies = []
        for cell, line in zip(experiment.readouts, block, strict=True):
            tallies.append(_tally(path, at, line, experiment, cell, number))
            if number in experiment.done or tallies[-1].count != ledger.size(number):
                raise _damaged(path, at)
            at += 1
            used += len(line)
        ledger.record(experiment.sampling.id, number, tallies)
    return used


def _batch(
    path: Path, at: int, line: str, names: dict[str, Experiment]
) -> tuple[Experiment, int, int]:
    """Return the experiment, number and lines of the batch that starts with `line`."""
    fields = line.strip().split(",")
    if fields[0] not in names or len(fields) != len(COLUMNS) or not fields[2].isdecimal():
        raise _damaged(path, at)
    experiment = names[fields[0]]
    return experiment, int(fields[2]), len(experiment.readouts)


def _tally(path: Path, at: int, line: str, experiment: Experiment, cell: str, number: int) -> Tally:
    design, name, batch, trials, *numbers = line.strip().split(",")
    expected = experiment.sampling.id[:SHOWN], cell[:SHOWN], str(number)
    if (design, name, batch) != expected or len(numbers) != 5:
        raise _damaged(path, at)
    try:
        signal, noise, ss, sn, nn = values = list(map(float, numbers))
        if not all(map(math.isfinite, values)):
            raise ValueError
        return Tally(int(trials), np.array([signal, noise]), np.array([[ss, sn], [sn, nn]]))
    except ValueError:
        raise _damaged(path, at) from None


def _damaged(path: Path, at: int) -> DomainError:
    return DomainError(
        f"line {at + 1} of {path} is not of this sweep, or damaged; use another output folder, "
        "or cut the file off before that line"
    )


class BatchFile:
    """The open store of the one process that writes to it."""

    def __init__(self, file: FileIO, path: Path) -> None:
        self.file, self.path, self.end = file, path, 0

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[BatchFile]:
        """Lock the store for this process.

        Raises
        ------
        DomainError
            If another process writes to it.
        """
        with path.open("ab", buffering=0) as file:
            _lock(file, path)
            yield cls(file, path)

    def resume(self, ledger: Ledger) -> None:
        """Record what the store holds and cut off an incomplete batch at its end.

        Raises
        ------
        DomainError
            If it belongs to another sweep, or is damaged.
        """
        self.end = read_batches(self.path, ledger)
        self.file.truncate(self.end)
        if self.end == 0:
            self._write(HEADER)

    def append(self, experiment: Experiment, number: int, tallies: Sequence[Tally]) -> None:
        """Write a batch, all of it or nothing."""
        lines = []
        for cell, tally in zip(experiment.readouts, tallies, strict=True):
            (ss, sn), (_, nn) = tally.comoments.tolist()
            numbers = (*tally.means.tolist(), ss, sn, nn)
            names = experiment.sampling.id[:SHOWN], cell[:SHOWN], str(number), str(tally.count)
            # repr gives the fewest digits that read back as the same float.
            lines.append(",".join((*names, *map(repr, numbers))) + "\n")
        self._write("".join(lines))

    def _write(self, text: str) -> None:
        data = text.encode()
        end = self.end + len(data)
        try:
            while data:
                data = data[self.file.write(data) :]
            os.fsync(self.file.fileno())
        except OSError as error:
            # A full disk: leave whole batches behind.
            self.file.truncate(self.end)
            words = f"{error.strerror}; what is done is kept, and the same command goes on"
            raise OSError(error.errno, words, str(self.path)) from None
        self.end = end


def _lock(file: FileIO, path: Path) -> None:
    """Take the file for this process; the lock goes when the process does, however it ends."""
    try:
        import fcntl
    except ModuleNotFoundError:  # no such locks on Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            raise OSError(error.errno, f"{error.strerror}: no lock on", str(path)) from None
        raise DomainError(f"{path} is being written by another process; wait for it") from None


def is_locked(path: Path) -> bool:
    """Whether a process is writing to the store."""
    try:
        with path.open("rb", buffering=0) as file:
            _lock(file, path)
    except DomainError:
        return True
    return False

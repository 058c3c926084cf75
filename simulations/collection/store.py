"""The store of a sweep: an append-only table of numbered batches that survives its writer.

One line per cell and batch, in the order in which batches are done. All lines of a batch are
written, flushed and synchronised together. A writer that is killed leaves at most one incomplete
batch at the end of the file; the next one cuts it off and does that batch again.

A line ends with a checksum of itself, so that a digit that changed is not taken for a result. A
store of the time before checksums is read and goes on without them: its header says so.
"""

from __future__ import annotations

import errno
import math
import os
import re
import zlib
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
#: First line of a store, and of one whose lines have no checksums.
HEADER, UNCHECKED = ",".join((*COLUMNS, "check")) + "\n", ",".join(COLUMNS) + "\n"


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
    if lines[:1] not in ([HEADER], [UNCHECKED]):
        if len(lines) > 1 or not HEADER.startswith("".join(lines)):
            raise DomainError(f"{path} must start with {HEADER.strip()!r}, it is no store")
        return 0
    if not lines[-1].endswith("\n"):
        lines.pop()
    has_checks = lines[0] == HEADER
    entries = [_entry(path, at, line, has_checks) for at, line in enumerate(lines) if at]
    names = {name[:SHOWN]: e for name, e in ledger.experiments.items()}
    used = len(lines[0])
    at = 1
    while at < len(lines):
        experiment, number = _batch(path, at, entries[at - 1], names)
        end = at + len(experiment.readouts)
        if end > len(lines):
            break
        tallies = []
        for cell, entry in zip(experiment.readouts, entries[at - 1 : end - 1], strict=True):
            tallies.append(_tally(path, at, entry, experiment, cell, number))
            if number in experiment.done or tallies[-1].count != ledger.size(number):
                raise _damaged(path, at)
            used += len(lines[at])
            at += 1
        ledger.record(experiment.sampling.id, number, tallies)
    return used


def signed(text: str) -> str:
    r"""Return a line of the store: `text` and its checksum.

    Examples
    --------
    >>> signed("a,b")
    'a,b,2cd913df\n'
    """
    return f"{text},{zlib.crc32(text.encode()):08x}\n"


def _entry(path: Path, at: int, line: str, has_check: bool) -> list[str]:
    """Return the fields of a line that are its own."""
    text = line.removesuffix("\n")
    if has_check:
        text = text.rpartition(",")[0]
        if signed(text) != line:
            raise _damaged(path, at)
    fields = text.split(",")
    if len(fields) != len(COLUMNS):
        raise _damaged(path, at)
    return fields


def _batch(
    path: Path, at: int, entry: list[str], names: dict[str, Experiment]
) -> tuple[Experiment, int]:
    """Return the experiment and the number of the batch that starts with `entry`."""
    # No more digits than any batch has: Python does not read thousands of them.
    if entry[0] not in names or not re.fullmatch("[0-9]{1,18}", entry[2]):
        raise _damaged(path, at)
    return names[entry[0]], int(entry[2])


def _tally(
    path: Path, at: int, entry: list[str], experiment: Experiment, cell: str, number: int
) -> Tally:
    design, name, batch, trials, *numbers = entry
    if (design, name, batch) != (experiment.sampling.id[:SHOWN], cell[:SHOWN], str(number)):
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
        self.has_checks = True

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
        with self.path.open("rb") as file:
            self.has_checks = file.readline() == HEADER.encode()

    def append(self, experiment: Experiment, number: int, tallies: Sequence[Tally]) -> None:
        """Write a batch, all of it or nothing."""
        lines = []
        for cell, tally in zip(experiment.readouts, tallies, strict=True):
            (ss, sn), (_, nn) = tally.comoments.tolist()
            numbers = (*tally.means.tolist(), ss, sn, nn)
            names = experiment.sampling.id[:SHOWN], cell[:SHOWN], str(number), str(tally.count)
            # repr gives the fewest digits that read back as the same float.
            text = ",".join((*names, *map(repr, numbers)))
            lines.append(signed(text) if self.has_checks else text + "\n")
        self._write("".join(lines))

    def verify(self) -> None:
        """See that the file still is where it was, as this process left it.

        Raises
        ------
        DomainError
            If it was deleted, replaced or changed: what is written to it is then lost.
        """
        mine = os.fstat(self.file.fileno())
        kept = "kept in the file that was there" if mine.st_nlink else "lost"
        try:
            there = self.path.stat()
        except OSError:
            what = "moved away" if mine.st_nlink else "deleted"
        else:
            if os.path.samestat(mine, there) and mine.st_size == self.end:
                return
            what = "replaced"
            if os.path.samestat(mine, there):
                what, kept = "changed", "perhaps damaged"
        raise DomainError(
            f"{self.path} was {what} while this process wrote to it; what was done is {kept}"
        )

    def _write(self, text: str) -> None:
        self.verify()
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

"""A file of one's own as a data set."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np

from ridgeless import DomainError
from ridgeless.cli import tables
from validation.datasets import text
from validation.datasets.images import from_pixels
from validation.datasets.tokens import Tokens, shuffled, split, standardised

__all__ = ["ENDINGS", "known", "read"]

ENDINGS = (*tables.SUFFIXES, ".txt")

LEAST_SAMPLES = 10
MOST_SYMBOLS = 64
OTHER = "\0"


def read(path: Path) -> Tokens:
    """Return a table (rows are samples), a stack of images (.npy with 3 axes), or text.

    Raises
    ------
    DomainError
        If the file is missing, empty, not finite, or has too few samples.
    """
    path, reading = _parts(path)
    if not path.is_file():
        raise DomainError(f"data must be a file, but {path} is not there")
    if path.stat().st_size == 0:
        raise DomainError(f"{path} must hold data, but is empty")
    if path.suffix == ".txt":
        return _text(path)
    return _numbers(path, reading)


def known(name: str) -> bool:
    """Whether `name` is the path of a file that can be data."""
    return name.endswith(".txt") or tables.is_table(name)


def _parts(path: Path) -> tuple[Path, tables.Reading]:
    plain, reading = tables.inline(str(path))
    return Path(plain), reading


def _numbers(path: Path, reading: tables.Reading) -> Tokens:
    """Return columns as tokens without neighbours, or images as patches of one pixel."""
    values, understood = tables.stack(str(path), reading)
    print(understood, file=sys.stderr)
    if values.ndim not in (2, 3) or values.dtype.kind not in "iufb":
        raise DomainError(
            f"{path} must hold a table of samples x values or samples x height x width, got shape "
            f"{values.shape} of {values.dtype}"
        )
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise DomainError(f"{path} must be finite, got nan or inf")
    if len(values) < LEAST_SAMPLES or values[0].size < 2:
        raise DomainError(
            f"{path} must have at least {LEAST_SAMPLES} samples of 2 values, got {values.shape}"
        )
    if values.ndim == 3:
        return from_pixels(values[..., None], 1, path.stem)
    known, held = split(len(values))
    columns = values[:, :, None]
    train, test, used = standardised(columns[known], columns[held])
    return Tokens(path.stem, train, test, (1, values.shape[1]), 0, used, ordered=False)


def _text(path: Path) -> Tokens:
    """Return windows of characters, the rarest of which become one; the last fifth is held out."""
    try:
        letters = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise DomainError(f"{path} must be text in UTF-8") from None
    least = LEAST_SAMPLES * text.WINDOW
    if len(letters) < least:
        raise DomainError(f"{path} must have at least {least} characters, got {len(letters)}")
    if len(set(letters)) == 1:
        raise DomainError(f"{path} must have at least 2 different characters, got {letters[0]!r}")
    common = "".join(letter for letter, _ in Counter(letters).most_common(MOST_SYMBOLS - 1))
    rare = "".join(set(letters) - set(common))
    symbols = text.windows(letters.translate(dict.fromkeys(map(ord, rare), OTHER)), common + OTHER)
    edge = len(symbols) - len(symbols) // 5
    order = shuffled(edge)
    return Tokens(path.stem, symbols[order], symbols[edge:], (1, text.WINDOW), len(common) + 1)

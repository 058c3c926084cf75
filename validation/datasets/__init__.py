"""Data sets by name: images, text, DNA, single cells, or a file of one's own.

None is downloaded: each is read from an installed package or a path.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from ridgeless import DomainError
from validation.datasets import cells, dna, images, text, user
from validation.datasets.tokens import Tokens

__all__ = ["NAMES", "Tokens", "load"]

NAMES: dict[str, Callable[[], Tokens]] = {
    "digits": images.digits,
    "mnist": images.mnist,
    "fashion": images.fashion,
    "patches": images.patches,
    "pydoc": text.pydoc,
    "shakespeare": text.shakespeare,
    "dna": dna.diphtheriae,
    "ecoli": dna.ecoli,
    "pbmc": cells.pbmc,
    "celltypist": cells.celltypist,
}


@lru_cache(maxsize=8)
def load(name: str) -> Tokens:
    """Return a data set by its name, or from a table or a .txt file.

    Raises
    ------
    DomainError
        If there is none of that name, its package is not installed, or the file is unfit.
    """
    if name in NAMES:
        return NAMES[name]()
    if user.known(name):
        return user.read(Path(name))
    raise DomainError(
        f"data must be one of {', '.join(NAMES)}, or a path that ends in "
        f"{', '.join(user.ENDINGS)}, got {name!r}"
    )

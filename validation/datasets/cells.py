"""Single cells as their most variable genes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulations.populations.datasets import package, package_file
from validation.datasets.tokens import Tokens, standardised

__all__ = ["celltypist", "pbmc"]

GENES = 128
#: Genes seen in fewer of the cells are left out.
LEAST_USED = 0.1
SPLIT = 7
HELD_OUT = 0.2


def pbmc() -> Tokens:
    """Return 700 blood cells of ten types by 128 genes, in logarithms, from the files of scanpy."""
    from scipy.sparse import csr_array

    h5py = package("h5py")
    path = package_file("scanpy", "datasets/10x_pbmc68k_reduced.h5ad")
    with h5py.File(path) as file:
        parts = tuple(file["raw.X"][name][:] for name in ("data", "indices", "indptr"))
        values = csr_array(parts).toarray().astype(np.float64)
        types = file["obs"]["bulk_labels"]
    return _tokens("pbmc", values, types.astype(np.int64))


def celltypist() -> Tokens:
    """Return 559 cells by 128 genes from the raw counts of celltypist, as log(1 + per 10,000)."""
    path = package_file("celltypist", "data/samples/sample_cell_by_gene.csv")
    counts = _cached_counts(path)
    return _tokens("celltypist", np.log1p(1e4 * counts / counts.sum(axis=1, keepdims=True)), None)


def _tokens(name: str, values: NDArray[np.float64], types: NDArray[np.int64] | None) -> Tokens:
    order = np.random.default_rng(SPLIT).permutation(len(values))
    held = int(HELD_OUT * len(values))
    train, test = order[held:], order[:held]
    seen = (values[train] > 0).mean(axis=0) >= LEAST_USED
    # Genes are chosen without a look at the cells that are held out.
    spread = np.where(seen, values[train].var(axis=0), -1.0)
    genes = np.sort(np.argsort(-spread, kind="stable")[: min(GENES, int(seen.sum()))])
    chosen = values[:, genes, None]
    known, held_out, used = standardised(chosen[train], chosen[test])
    labels = (None, None) if types is None else (types[train], types[test])
    return Tokens(
        name, known, held_out, (1, len(genes)), 0, used, labels[0], labels[1], ordered=False
    )


def _cached_counts(path: Path) -> NDArray[np.float64]:
    """Return the counts of a large table of text, which is parsed once per machine."""
    from scipy import sparse

    from ridgeless.cli.files import replacing

    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cached = base / "ridgeless" / f"{path.stem}-{path.stat().st_size}.npz"
    if cached.exists():
        return np.asarray(sparse.load_npz(cached).toarray(), dtype=np.float64)
    with path.open(encoding="utf-8") as file:
        genes = file.readline().count(",")
    counts = np.loadtxt(path, delimiter=",", skiprows=1, usecols=range(1, genes + 1))
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        with replacing(cached) as file:
            sparse.save_npz(file, sparse.csr_array(counts))
    except OSError:
        pass  # a cache that cannot be written costs seconds, nothing else
    return counts

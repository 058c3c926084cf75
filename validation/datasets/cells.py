"""Single cells as their most variable genes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulations.populations import sources
from validation.datasets.tokens import Tokens, split, standardised

__all__ = ["celltypist", "pbmc"]

GENES = 128
#: Genes seen in fewer of the cells are left out.
LEAST_USED = 0.1


def pbmc() -> Tokens:
    """Return 700 blood cells of ten types by 128 genes, in logarithms, from the files of scanpy."""
    return _tokens("pbmc", *sources.pbmc())


def celltypist() -> Tokens:
    """Return 559 cells by 128 genes from the raw counts of celltypist, as log(1 + per 10,000)."""
    counts = sources.celltypist()
    return _tokens("celltypist", np.log1p(1e4 * counts / counts.sum(axis=1, keepdims=True)), None)


def _tokens(name: str, values: NDArray[np.float64], types: NDArray[np.int64] | None) -> Tokens:
    train, test = split(len(values))
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

"""Bacterial genomes as windows of bases, labelled coding or not."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ridgeless import DomainError
from simulations.populations.sources import package, package_file
from validation.datasets.tokens import Tokens, shuffled

__all__ = ["diphtheriae", "ecoli", "read_fasta"]

BASES = "ACGT"
WINDOW = 48  # 16 codons, out of phase
ECOLI = Path("/usr/share/doc/bowtie/examples/genomes")


def diphtheriae() -> Tokens:
    """Return windows of the C. diphtheriae genome; its last fifth is held out.

    A window is labelled 1 inside a gene and 0 outside all genes, as pyrodigal finds them; windows
    across an end of a gene are left out.
    """
    path = package_file("pyrodigal", "tests/data/GCF_001457455.1_NCTC11397_genomic.fna.gz")
    return _tokens("dna", read_fasta(path))


def ecoli() -> Tokens:
    """Return windows of the E. coli 536 genome; see `diphtheriae`."""
    found = sorted(ECOLI.glob("*.fna*")) if ECOLI.is_dir() else []
    if not found:
        raise DomainError("data of E. coli must be installed: apt install bowtie-examples")
    return _tokens("ecoli", read_fasta(found[0]))


def read_fasta(path: Path) -> str:
    """Return the longest sequence of a FASTA file, in capitals."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("ascii")
    records = ["".join(record.splitlines()[1:]).upper() for record in text.split(">")[1:]]
    if not records:
        raise DomainError(f"{path} must hold a FASTA sequence, got none")
    return max(records, key=len)


def _tokens(name: str, genome: str) -> Tokens:
    pyrodigal = package("pyrodigal")
    bases = np.full(256, -1)
    bases[np.frombuffer(BASES.encode(), np.uint8)] = np.arange(len(BASES))
    symbols = bases[np.frombuffer(genome.encode("ascii"), np.uint8)]
    finder = pyrodigal.GeneFinder()
    finder.train(genome)
    genes = finder.find_genes(genome)
    coding = _covered(((gene.begin - 1, gene.end) for gene in genes), len(symbols))

    whole = len(symbols) // WINDOW * WINDOW
    windows = symbols[:whole].reshape(-1, WINDOW)
    share = coding[:whole].reshape(-1, WINDOW).mean(axis=1)
    edge = len(windows) - len(windows) // 5
    pure = ((share == 0) | (share == 1)) & (windows >= 0).all(axis=1)
    parts, labels = [], []
    for part in (slice(None, edge), slice(edge, None)):
        rows, label = windows[part][pure[part]], share[part][pure[part]].astype(np.int64)
        order = shuffled(len(rows))[:20_000]
        parts.append(rows[order])
        labels.append(label[order])
    parts[1], labels[1] = parts[1][:2000], labels[1][:2000]
    train, test = parts
    return Tokens(name, train, test, (1, WINDOW), len(BASES), None, labels[0], labels[1])


def _covered(spans: Iterable[tuple[int, int]], length: int) -> NDArray[np.bool_]:
    covered = np.zeros(length, dtype=bool)
    for begin, end in spans:
        covered[begin:end] = True
    return covered

"""Genomes as they are written, and what a gene covers."""

import gzip

import numpy as np
import pytest

from ridgeless import DomainError
from validation.datasets import dna

FASTA = ">short\nACGT\n>long of two lines\nacgtac\nGGTT\n>last\nA\n"


@pytest.mark.parametrize("packed", [False, True])
def test_the_longest_sequence_in_capitals(tmp_path, packed):
    raw = FASTA.encode()
    (tmp_path / "g.fna").write_bytes(gzip.compress(raw) if packed else raw)
    assert dna.read_fasta(tmp_path / "g.fna") == "ACGTACGGTT"


def test_a_file_without_sequence(tmp_path):
    (tmp_path / "g.fna").write_text("ACGT\n")
    with pytest.raises(DomainError, match="must hold a FASTA sequence, got none"):
        dna.read_fasta(tmp_path / "g.fna")


def test_spans_may_overlap():
    covered = dna._covered([(1, 3), (2, 5), (9, 20)], 11)
    np.testing.assert_array_equal(np.flatnonzero(covered), [1, 2, 3, 4, 9, 10])


def test_the_first_genome_of_the_folder_is_read(tmp_path, monkeypatch):
    (tmp_path / "b.fna").write_text(">x\nAAAA\n")
    (tmp_path / "a.fna").write_text(FASTA)
    monkeypatch.setattr(dna, "ECOLI", tmp_path)
    asked = []
    monkeypatch.setattr(dna, "_tokens", lambda name, genome: asked.append((name, genome)))
    dna.ecoli()
    assert asked == [("ecoli", "ACGTACGGTT")]

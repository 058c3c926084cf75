"""What a table says against the theory of spectra."""

import numpy as np

from ridgeless.estimation.diagnostics import diagnostics
from ridgeless.estimation.sample_spectrum import SampleSpectrum, standardized
from ridgeless.spectrum import Spectrum
from tests.ridgeless.samples import TWO, draw


def said(table: np.ndarray) -> str:
    rows = standardized(table)
    return " ".join(diagnostics(rows, table, Spectrum(*SampleSpectrum.of(rows).population())))


def test_sentences_come_where_they_belong() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 60))
    assert said(draw(TWO, 400, 4)) == ""
    assert "One factor carries 7" in said(rows + 2 * rng.normal(size=(200, 1)))
    assert "Samples differ" in said(rows * rng.exponential(size=(200, 1)))
    blank = rows.copy()
    blank[:, :6] = np.arange(200)[:, None] < 10
    assert "have one value" in said(blank)
    few = said(rng.normal(size=(12, 80)))
    assert "12 rows are few for 80 features" in few


def test_few_independent_columns_have_no_factor() -> None:
    """Of six equal eigenvalues each is a sixth."""
    assert "One factor" not in said(np.random.default_rng(1).normal(size=(300, 6)))

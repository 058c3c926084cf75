"""The engine of rows: steps and memory, which do not depend on the machine; the table itself."""

import numpy as np
import pytest

import ridgeless as rl
from benchmarks import rows
from ridgeless.rows import primal
from tests.tolerances import ROWS_TABLES, ROWS_UNITS


@pytest.mark.parametrize("ratio", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("ridge", [0.0, 1e-3, 1.0])
def test_a_call_is_few_units(monkeypatch, ratio, ridge):
    """A medium is a unit, a coupling two products, as much as two units at most."""
    counted = {"media": 0, "couplings": 0}

    class Counted(primal.PrimalMedium):
        def __init__(self, *given):
            counted["media"] += 1
            super().__init__(*given)

        def coupled(self, weights):
            counted["couplings"] += 1
            return super().coupled(weights)

    monkeypatch.setattr(primal, "PrimalMedium", Counted)
    X, y = rows.rows_of(800, 80)
    rl.rows_risk(X, ratio, target=y, samples=200, population=800, replicates=1, ridge=ridge, rng=0)
    assert 0 < counted["media"] + 2 * counted["couplings"] <= ROWS_UNITS


@pytest.mark.parametrize("size", [(3000, 60), (100, 2000)])
def test_memory_is_some_tables(size):
    """No matrix of M x M where features are few, none of P x P where rows are few."""
    X, y = rows.rows_of(*size)
    tables = rows.memory(rows.call(X, y, 0.4)) / (X.size + min(size) ** 2)
    assert tables < ROWS_TABLES
    assert ROWS_TABLES * (X.size + min(size) ** 2) < max(size) ** 2


def test_the_table_is_made_of_calls_and_units():
    (line,), judged = rows.measured(sizes=[(60, 10)], turns=1)
    assert line[:2] == [60, 10]
    assert judged == {}
    assert np.isfinite(rows.processor({"nothing": lambda: None}, 2)["nothing"])

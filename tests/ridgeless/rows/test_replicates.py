"""Populations and the error that their spread stands for."""

import numpy as np
import pytest

from ridgeless.rows.replicates import populations, standard_error


def test_populations_are_disjoint_where_they_can_be():
    rng = np.random.default_rng(0)
    apart = populations(100, 25, 4, True, rng)
    assert apart.disjoint
    assert sorted(np.concatenate(apart.rows)) == list(range(100))
    shared = populations(100, 30, 4, True, rng)
    assert not shared.disjoint
    assert [len(set(rows)) for rows in shared.rows] == [30] * 4
    whole = populations(100, 100, 4, True, rng)
    assert len(whole.rows) == 4
    np.testing.assert_array_equal(whole.rows[0], np.arange(100))
    assert len(populations(100, 100, 4, False, rng).rows) == 1


def test_the_error_of_few_replicates_is_widened():
    rng = np.random.default_rng(1)
    for many, factor in ((2, 1.837), (4, 1.197), (1000, 1.0)):
        risks = rng.normal(size=(many, 1))
        found = standard_error(risks, np.ones((many, 1)), 0.3, True)
        plain = risks.std(axis=0, ddof=1) / many**0.5
        assert found == pytest.approx(plain * factor, rel=2e-3)


def test_shared_rows_are_in_all_replicates():
    risks, within = np.zeros((4, 2)), np.full((4, 2), 0.04)
    np.testing.assert_allclose(standard_error(risks, within, 1.0, False), 0.2)
    np.testing.assert_allclose(standard_error(risks, within, 0.25, False), 0.1)
    np.testing.assert_allclose(standard_error(risks[:1], within[:1], 1.0, True), 0.2)


@pytest.mark.slow
def test_the_error_of_one_table_is_what_other_tables_show():
    """Tables drawn anew: the spread of the answers against the errors that they give."""
    import ridgeless as rl

    rng = np.random.default_rng(2)
    found = []
    for _ in range(60):
        X = rng.normal(size=(240, 20)) * rng.gamma(4.0, 0.25, size=(240, 1))
        y = X.sum(axis=1) + rng.normal(size=240)
        risk = rl.rows_risk(X, 0.4, target=y, samples=60, ridge=0.05, rng=rng)
        found.append((risk.prediction_error, risk.standard_error))
    risks, errors = np.array(found).T
    assert np.sqrt((errors**2).mean()) == pytest.approx(risks.std(), rel=0.35)

"""The study of the theory of rows, small."""

import dataclasses

import numpy as np
import pytest
import rows

from simulations.running.pages import markers


@pytest.mark.nojit_slow
def test_the_study_runs_small(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "TASKS", 5)
    (tmp_path / "figures").mkdir()
    (tmp_path / "studies").mkdir()
    page = tmp_path / "studies" / "rows.md"
    page.write_text("before\n{}\nold\n{}\nafter\n".format(*markers()))
    words = ["--groups", "linear", "maps", "--only", "1", "--trials", "3", "--jobs", "1"]
    rows.main([*words, "--docs", str(tmp_path)])
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "| digits | 24 | 0.1 | 0.713 |" in text
    assert "| linear | 400 | 0.1 |" in text
    assert "cells are within 3 joint standard errors or 3% of Monte Carlo" in text
    assert (tmp_path / "figures/rows.png").stat().st_size > 10_000


def test_a_gap_that_matters_is_told():
    case = rows.Case("toy", np.ones((5, 2)), 3, 0.5)
    assert rows.Line(case, 1.2, 0.01, 1.0, 0.01).far
    assert not rows.Line(case, 1.2, 0.1, 1.0, 0.1).far
    near = rows.Line(case, 1.02, 0.001, 1.0, 0.001)
    assert not near.far
    assert near.gap == pytest.approx(0.02)


def test_a_trial_is_the_regression_that_it_says():
    """By features, by inner products and by the kernel that these are: one error."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 6))
    one = rows.Case("toy", X, 20, 0.5, columns=(2,), ridge=0.1)
    wide = dataclasses.replace(
        one, features=lambda x: np.concatenate([x, 0 * x, 0 * x, 0 * x], axis=1)
    )
    kernel = dataclasses.replace(one, kernel=lambda a, b: a @ b.T)
    errors = [case.trial(np.random.default_rng(1)) for case in (one, wide, kernel)]
    np.testing.assert_allclose(errors, errors[0], rtol=1e-9)
    arc = rows.arc_cosine(X, X)
    np.testing.assert_allclose(arc, arc.T, rtol=1e-9)
    relu = rows.relu_features(60_000, 6)(X[:5])
    np.testing.assert_allclose(relu @ relu.T, rows.arc_cosine(X[:5], X[:5]), rtol=0.1, atol=0.02)

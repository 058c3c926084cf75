"""Tokens that are compared, and what the engine of rows sees of them."""

import numpy as np
import pytest

from tests.validation import tiny
from validation.target_groups import linear_residuals
from validation.theories.places import counted, frequency, inputs_of, places, rows_of


@pytest.mark.parametrize("data", tiny.both(), ids=lambda data: data.name)
def test_models_are_given_back_what_rows_show(data):
    rows = rows_of(data, data.test)
    for token in places(data):
        asked = rows.without(token)
        inputs, hidden = inputs_of(data, asked.X)
        assert hidden[:, token].all()
        others = np.delete(np.arange(data.length), token)
        assert not hidden[:, others].any()
        np.testing.assert_array_equal(inputs[:, others], data.test[:, others])
        values = data.columns(data.test)[:, token].astype(float)
        if data.symbols:
            values -= frequency(data)[token]
        np.testing.assert_array_equal(asked.y, values[:, counted(data)[token]])


def test_places_go_from_easy_to_hard():
    data = tiny.values()
    residual = np.nanmean(linear_residuals(data), axis=1)
    chosen = places(data)
    assert len(set(chosen)) == len(chosen) == 4
    ranks = np.sort(residual.argsort().argsort()[list(chosen)])
    np.testing.assert_array_equal(ranks, [1, 4, 7, 10])  # of twelve tokens

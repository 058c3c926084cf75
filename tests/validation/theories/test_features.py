"""A last hidden layer is what the head reads, at one token."""

import numpy as np
import pytest
import torch

from tests import tolerances
from tests.validation import tiny
from validation.models import make_model
from validation.theories.features import frozen_layer, last_layer
from validation.theories.places import inputs_of, places, rows_of


@pytest.mark.parametrize("data", tiny.both(), ids=lambda data: data.name)
@pytest.mark.parametrize("name", tiny.MODELS)
def test_the_head_of_the_features_is_the_prediction(name, data):
    model = make_model(name, data, 16, 1, seed=0)
    token = places(data)[0]
    rows = rows_of(data, data.test).without(token).X
    features = last_layer(model, data, token, tiny.CPU)(rows)
    inputs, hidden = inputs_of(data, rows)
    with torch.no_grad():
        predicted = model(torch.as_tensor(inputs), torch.as_tensor(hidden))[:, token].numpy()
    head = model.map if name == "linear" else model.head
    weight = head.weight.detach().numpy().reshape(head.weight.shape[0], -1)
    if name in ("linear", "mlp"):  # one head for all tokens at once
        weight = weight.reshape(data.length, data.channels, -1)[token]
    assert features.shape == (len(rows), weight.shape[1] + 1)
    bias = (
        np.zeros(data.length * data.channels) if head.bias is None else head.bias.detach().numpy()
    )
    bias = bias.reshape(-1, data.channels)[token if bias.size > data.channels else 0]
    read = features[:, :-1] @ weight.T + bias
    assert np.allclose(read, predicted, **tolerances.FLOAT32)
    assert (features[:, -1] == 1).all()


def test_a_frozen_layer_is_that_of_an_mlp_before_training():
    data = tiny.values()
    rows = rows_of(data, data.test).without(2).X
    first = frozen_layer(data, 16, 2, 5, tiny.CPU)(rows)
    model = make_model("mlp", data, 16, 1, seed=5)
    np.testing.assert_array_equal(first, last_layer(model, data, 2, tiny.CPU)(rows))
    assert first.shape[1] == 17

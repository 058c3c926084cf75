"""What a look at a model says: shapes, and whether it heeds the mask."""

import pytest
import torch
from torch import nn

from ridgeless import DomainError
from tests.validation import tiny
from tests.validation.guess import Guess, knows
from validation.behaviour import check_finite, check_predictions, notes_on
from validation.models import make_model


@pytest.mark.parametrize("data", tiny.both(), ids=lambda data: data.name)
@pytest.mark.parametrize("name", ["mlp", "transformer"])
def test_our_own_models_heed_the_mask(data, name):
    model = make_model(name, data, 16, 1, seed=0)
    check_predictions(name, model, data)
    assert notes_on(model, data) == []


@pytest.mark.parametrize("data", tiny.both(), ids=lambda data: data.name)
def test_models_that_do_not(data):
    (ignores, looks) = notes_on(knows(data), data)
    assert "the model ignores the mask" in ignores
    assert "the model looks at what it is to predict" in looks

    class Mean(nn.Module):
        def forward(self, inputs, hidden):
            shown = inputs.float() if data.symbols else inputs.mean(dim=2)
            sums = (shown * hidden).sum(dim=1) + hidden.sum(dim=1)  # the wrong way round
            return sums[:, None, None].expand(-1, data.length, data.channels)

    (looks,) = notes_on(Mean(), data)
    assert "the model looks at what it is to predict" in looks


def test_predictions_of_another_shape_or_not_finite():
    data = tiny.values()
    for rule, words in (
        (lambda x: x[:, 1:], r"to a tensor \(2, 12, 2\), got \(2, 11, 2\)"),
        (lambda _: None, "got NoneType"),
        (lambda x: x / 0, "predictions of mine must be finite"),
    ):
        with pytest.raises(DomainError, match=words):
            check_predictions("mine", Guess(rule), data)
    check_finite("mine", True)
    assert torch.is_grad_enabled()

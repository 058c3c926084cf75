"""A masked language model under our contract predicts what it predicts on its own."""

import pytest
import torch

import ridgeless as rl
from tests.validation import tiny
from validation.adapters import MaskedLM


def test_logits_are_the_models_own(bert):
    data, model = tiny.symbols(), bert().eval()
    inputs, hidden = tiny.batch(data), torch.rand(6, 10) < 0.5
    with torch.no_grad():
        found = MaskedLM(model, data, mask_token=7)(inputs, hidden)
        tokens = torch.where(hidden, 7, inputs)
        assert torch.equal(found, model(input_ids=tokens).logits[..., :5])
        scrambled = torch.where(hidden, (inputs + 1) % 5, inputs)
        assert torch.equal(MaskedLM(model, data, 7)(scrambled, hidden), found)


def test_refusals(bert):
    with pytest.raises(rl.DomainError, match=r"data must be symbols .* but values is not"):
        MaskedLM(bert(), tiny.values(), 7)
    for token in (4, 99):
        with pytest.raises(rl.DomainError, match="after the 5 symbols of symbols, in a vocabulary"):
            MaskedLM(bert(), tiny.symbols(), token)

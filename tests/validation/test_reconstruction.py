"""What tests of a model say of models whose risk is known, and of columns whose residual is."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from ridgeless import DomainError
from tests import tolerances
from tests.validation import tiny
from tests.validation.guess import Guess, knows
from validation.datasets.tokens import Tokens
from validation.reconstruction import MISMATCHED, TEST_RATIOS, components, reconstruction

KEYS = [*(f"{ratio:g}" for ratio in TEST_RATIOS), MISMATCHED]


def knows_nothing(data):
    if data.symbols:
        frequency = np.bincount(data.train.ravel(), minlength=data.symbols) / data.train.size
        logits = torch.as_tensor(np.log(frequency))
        return Guess(lambda inputs: logits.expand(*inputs.shape, -1))
    return Guess(torch.zeros_like)


@pytest.mark.parametrize("data", tiny.both(), ids=lambda data: data.name)
@pytest.mark.parametrize(("model", "expected"), [(knows, 0.0), (knows_nothing, 1.0)])
def test_who_knows_has_risk_0_and_the_mean_has_risk_1(model, expected, data):
    found = reconstruction(model(data), data, tiny.CPU)
    assert list(found.risk) == KEYS
    assert set(found.targets) == {"easy", "hard"}
    every: list[Any] = [found.risk, *found.targets.values()]
    if data.symbols:
        every.append(found.cross_entropy)
    else:
        assert found.cross_entropy is None
        parts = components(model(data), data, tiny.CPU)
        every.append({part["first"]: part["risk"] for part in parts})
    for risks in every:
        np.testing.assert_allclose(list(risks.values()), expected, atol=tolerances.FLOAT32["rtol"])


def test_half_of_the_truth_is_a_quarter_of_the_risk():
    data = tiny.values()
    found = reconstruction(Guess(lambda inputs: inputs / 2), data, tiny.CPU, [0.5])
    assert list(found.risk) == ["0.5", MISMATCHED]
    np.testing.assert_allclose(list(found.risk.values()), 0.25, rtol=tolerances.FLOAT32["rtol"])


def test_every_model_is_tested_on_the_same_masks():
    data = tiny.values()
    first, second = knows(data), knows_nothing(data)
    for model in (first, second):
        reconstruction(model, data, tiny.CPU)
        components(model, data, tiny.CPU)
    assert len(first.masks) == len(KEYS) + 2
    assert all(map(torch.equal, first.masks, second.masks))
    shares = [mask.float().mean().item() for mask in first.masks]
    assert shares[0] == pytest.approx(1 / 12)
    assert (first.masks[0].sum(dim=1) == 1).all()
    assert shares[1:6] == pytest.approx(TEST_RATIOS[1:], abs=1 / 12)
    counts = first.masks[6].sum(dim=1)
    assert counts.min() >= 3
    assert counts.max() <= 9
    assert len(counts.unique()) > 3
    # Components: half from the other half, and vice versa.
    assert torch.equal(first.masks[7], ~first.masks[8])


def test_components_tell_scales_apart():
    data = tiny.values()
    rows = data.train.reshape(len(data.train), -1)
    vectors = np.linalg.eigh(rows.T @ rows)[1][:, ::-1]
    first = torch.as_tensor(np.ascontiguousarray(vectors[:, :3] @ vectors[:, :3].T))

    def projected(inputs):
        return (inputs.flatten(1) @ first).reshape(inputs.shape)

    found = components(Guess(projected), data, tiny.CPU)
    assert [(part["first"], part["last"]) for part in found] == [
        *((1, 1), (2, 3), (4, 7), (8, 15), (16, 24))
    ]
    np.testing.assert_allclose(
        [part["risk"] for part in found], [0, 0, 1, 1, 1], atol=tolerances.FLOAT32["rtol"]
    )
    assert components(knows(tiny.symbols()), tiny.symbols(), tiny.CPU) is None


def test_directions_without_variance_are_left_out():
    column = np.random.default_rng(0).standard_normal((200, 1, 1)).astype(np.float32)
    both = np.concatenate([column, column], axis=1)
    data = Tokens("twins", both[:100], both[100:], (1, 2))
    found = components(knows_nothing(data), data, tiny.CPU)
    assert [(part["first"], part["last"]) for part in found] == [(1, 1)]


def test_a_small_test_set_is_gone_through_several_times():
    data = tiny.values()
    small = replace(data, test=data.test[:2], test_labels=None)
    model = knows(small)
    found = reconstruction(model, small, tiny.CPU)
    assert all(np.isfinite(list(risks.values())).all() for risks in found.targets.values())
    assert len(torch.cat(model.masks[:1])) == 100
    assert len(torch.unique(model.masks[0][::2], dim=0)) > 6
    still = replace(data, test=np.zeros_like(data.test[:2]), test_labels=None)
    with pytest.raises(DomainError, match="hidden values of values must vary"):
        reconstruction(model, still, tiny.CPU)


def test_values_that_never_vary_do_not_count():
    data = tiny.values()
    used = np.ones((12, 2), bool)
    used[3], used[5, 1] = False, False
    train, test = (np.where(used, part, 0) for part in (data.train, data.test))
    odd = replace(data, train=train, test=test, used=used)
    wild = Guess(lambda inputs: torch.where(torch.as_tensor(used), inputs, 1e6))
    found = reconstruction(wild, odd, tiny.CPU)
    assert set(found.risk.values()) == {0.0}
    assert {part["risk"] for part in components(wild, odd, tiny.CPU)} == {0.0}

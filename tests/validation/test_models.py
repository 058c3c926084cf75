"""What the four models see, and what they are made of."""

import numpy as np
import pytest
import torch

from ridgeless import DomainError
from tests import tolerances
from tests.validation import tiny
from validation.bridge import descend
from validation.masking import RatioSampler
from validation.models import make_model, waves


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def made(name, data, width=16, depth=1, seed=0):
    """A model whose weights are no zeros, so that whatever it sees shows."""
    model = make_model(name, data, width, depth, seed).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weights in model.parameters():
            weights.add_(0.1 * torch.randn(weights.shape, generator=generator))
    return model


def mask(data, number=6, hidden=4, seed=0):
    """The same number of hidden tokens in each sample, or one, two, three and so on."""
    counts = range(1, number + 1) if hidden is None else [hidden] * number
    order = np.random.default_rng(seed).random((number, data.length)).argsort(axis=1)
    ranks = order.argsort(axis=1)
    return torch.as_tensor(ranks < np.array(counts)[:, None])


def scrambled(data, inputs, hidden):
    """The same inputs, with anything at all where they are hidden."""
    if data.symbols:
        return torch.where(hidden, (inputs + 1) % data.symbols, inputs)
    return torch.where(hidden[..., None], inputs * -7 + 100, inputs)


@pytest.mark.parametrize("data", tiny.both(), ids=lambda data: data.name)
@pytest.mark.parametrize("name", tiny.MODELS)
def test_shapes(name, data):
    model, inputs = made(name, data), tiny.batch(data)
    assert model(inputs, mask(data)).shape == (6, data.length, data.channels)
    features = model.represent(inputs, mask(data))
    assert features.ndim == 2
    assert len(features) == 6
    assert name not in ("mlp", "transformer") or features.shape[1] == 16


@pytest.mark.parametrize("hidden", [4, None], ids=["alike", "ragged"])
@pytest.mark.parametrize("data", tiny.both(), ids=lambda data: data.name)
@pytest.mark.parametrize("name", tiny.MODELS)
def test_what_is_hidden_never_reaches_a_model(name, data, hidden):
    model, inputs, masked = made(name, data), tiny.batch(data), mask(data, hidden=hidden)
    other = scrambled(data, inputs, masked)
    assert (other != inputs).reshape(*masked.shape, -1).any(-1).equal(masked)
    with torch.no_grad():
        for use in (model, model.represent):
            assert torch.equal(use(inputs, masked), use(other, masked))
            # Not because it sees nothing at all.
            seen = scrambled(data, inputs, ~masked)
            assert not torch.allclose(use(inputs, masked), use(seen, masked))


def test_dropping_tokens_is_the_same_as_padding_them():
    data = tiny.values()
    model, inputs, masked = made("transformer", data, depth=2), tiny.batch(data), mask(data)
    with torch.no_grad():
        dropped, found = model(inputs, masked), model.represent(inputs, masked)
        encoded, _, seen = model.encode(inputs, masked)
        assert encoded.shape[1] == data.length - 4
        assert seen is None
        # One more sample, which sees more, makes the others padded.
        more = torch.cat([masked, mask(data, 1, 1)])
        inputs = torch.cat([inputs, inputs[:1]])
        encoded, _, seen = model.encode(inputs, more)
        assert encoded.shape[1] == data.length - 1
        assert not seen.all()
        padded = model(inputs, more)[:-1]
        torch.testing.assert_close(padded, dropped, **tolerances.FLOAT32)
        padded = model.represent(inputs, more)[:-1]
        torch.testing.assert_close(padded, found, **tolerances.FLOAT32)


def test_places_matter_to_a_transformer():
    data = tiny.values()
    model, inputs = made("transformer", data), tiny.batch(data)
    nothing = torch.zeros(inputs.shape[:2], dtype=torch.bool)
    with torch.no_grad():
        turned = model.represent(inputs.flip(1), nothing)
        assert not torch.allclose(turned, model.represent(inputs, nothing))


@pytest.mark.parametrize("grid", [(1, 12), (3, 4)])
@pytest.mark.parametrize("width", [1, 7, 16, 64])
def test_waves_tell_places_apart(grid, width):
    found = waves(grid, width)
    assert found.shape == (12, width)
    assert width < 4 or len(torch.unique(found, dim=0)) == 12


def test_the_linear_model_from_zero_ends_at_the_min_norm_solution():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((8, 12)) @ rng.standard_normal((12, 12))
    found = descend(rows, RatioSampler(0.5, "sample", rng=5), "one mask", steps=20000)
    twin = RatioSampler(0.5, "sample", rng=5)
    ratios = twin.ratios(8)
    masks = twin.rng.random((8, 12)) < ratios[:, None]
    blank = rows * ~masks
    for feature in range(12):
        own = masks[:, feature]
        least = np.linalg.pinv(blank[own]) @ rows[own, feature]
        np.testing.assert_allclose(found[feature], least, atol=tolerances.DESCENT)


@pytest.mark.parametrize("data", tiny.both(), ids=lambda data: data.name)
@pytest.mark.parametrize("name", tiny.MODELS[1:])
def test_parameters_grow_with_width_and_depth(name, data):
    def size(width, depth):
        return sum(p.numel() for p in make_model(name, data, width, depth, 0).parameters())

    assert size(16, 1) < size(32, 1) < size(64, 1)
    assert size(16, 1) < size(16, 2)


def test_seeds_set_weights_and_leave_the_global_generator_alone():
    data = tiny.values()
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    first, again, other = (make_model("mlp", data, 16, 1, seed) for seed in (0, 0, 1))
    assert torch.equal(torch.rand(3), expected)
    assert tiny.same_weights(first, again)
    assert not tiny.same_weights(first, other)


def test_wrong_names_and_widths():
    with pytest.raises(DomainError, match=r"model must be one of linear, mlp.*'lstm'"):
        make_model("lstm", tiny.values(), 16, 1, 0)
    with pytest.raises(DomainError, match=r"width must be a multiple of 16, got 20"):
        make_model("transformer", tiny.values(), 20, 1, 0)
    make_model("transformer", tiny.values(), 7, 1, 0)


@pytest.mark.parametrize("name", tiny.MODELS)
def test_rescaled_is_what_is_seen_over_1_minus_p_of_its_row(name):
    data = tiny.values()
    model, inputs, hidden = made(name, data), tiny.batch(data), mask(data, hidden=None)
    kept = (~hidden).float().mean(dim=1)[:, None, None]
    expected = model(inputs / kept, hidden)
    assert not torch.allclose(model(inputs, hidden), expected)
    model.fill = "rescale"
    torch.testing.assert_close(model(inputs, hidden), expected, **tolerances.FLOAT32)
    assert make_model(name, data, 16, 1, 0, fill="rescale").fill == "rescale"


def test_symbols_are_not_rescaled():
    with pytest.raises(DomainError, match="fill must be 'zero' for the symbols of symbols"):
        make_model("mlp", tiny.symbols(), 16, 1, 0, fill="rescale")

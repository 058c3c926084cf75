"""Weights of a file: all of them, in their shapes, and nothing else."""

import pickle

import pytest
import torch
from torch import nn

import ridgeless as rl
from validation.weights import load_weights


class Run:
    """What must never be unpickled."""

    def __reduce__(self):
        return print, ("unpickled",)


class Tied(nn.Module):
    """A module with two names for one matrix, as language models have."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(5, 3)
        self.head = nn.Linear(3, 5, bias=False)
        self.head.weight = self.embed.weight


def saved(tmp_path, content, name="weights.pt"):
    torch.save(content, tmp_path / name)
    return tmp_path / name


@pytest.mark.parametrize("wrap", [None, "state_dict", "model"])
@pytest.mark.parametrize("start", ["", "module.", "model.encoder."])
def test_names_may_begin_otherwise(tmp_path, wrap, start):
    model, other = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1)), nn.ModuleDict()
    weights = {start + name: values + 1 for name, values in model.state_dict().items()}
    path = saved(tmp_path, weights if wrap is None else {wrap: weights, "epoch": 3})
    expected = {name: values + 1 for name, values in model.state_dict().items()}
    load_weights(model, path)
    for name, values in model.state_dict().items():
        assert torch.equal(values, expected[name])
    other["inner"] = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    load_weights(other, saved(tmp_path, expected))
    assert torch.equal(other.state_dict()["inner.0.weight"], expected["0.weight"])


def test_tied_weights_need_one_value(tmp_path):
    load_weights(model := Tied(), saved(tmp_path, {"embed.weight": torch.ones(5, 3)}))
    assert torch.equal(model.head.weight, torch.ones(5, 3))


def test_safetensors(tmp_path, transformers):
    from safetensors.torch import save_file

    model = nn.Linear(3, 2)
    path = tmp_path / "weights.safetensors"
    save_file({"weight": torch.ones(2, 3), "bias": torch.zeros(2)}, path)
    load_weights(model, path)
    assert torch.equal(model.weight, torch.ones(2, 3))
    path.write_bytes(b"nothing")
    with pytest.raises(rl.DomainError, match="must be a whole file of tensors by name"):
        load_weights(model, path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"weight": torch.ones(2, 3)}, r"those of Linear, but lack 1, as 'bias'$"),
        (
            {"weight": torch.ones(2, 3), "bias": torch.ones(2), "more": torch.ones(1)},
            "but have 1, as 'more' that it has not",
        ),
        (
            {"weight": torch.ones(3, 3), "bias": torch.ones(2)},
            r"'weight' is \(3, 3\), not \(2, 3\)",
        ),
        ({"weight": 1.0, "bias": torch.ones(2)}, "must hold tensors by name"),
        ([torch.ones(2, 3)], "must hold tensors by name"),
        ({}, "must hold tensors by name"),
    ],
)
def test_other_weights(tmp_path, content, words):
    with pytest.raises(rl.DomainError, match=words):
        load_weights(nn.Linear(3, 2), saved(tmp_path, content))


def test_nothing_is_unpickled(tmp_path, capsys):
    paths = [saved(tmp_path, {"weight": Run()}), tmp_path / "raw.pkl"]
    paths[1].write_bytes(pickle.dumps({"weight": Run()}))
    for path in paths:
        with pytest.raises(rl.DomainError, match="which can run code, and is not read"):
            load_weights(nn.Linear(3, 2), path)
    assert capsys.readouterr().out == ""
    with pytest.raises(rl.DomainError, match="weights must be a file"):
        load_weights(nn.Linear(3, 2), tmp_path / "absent.pt")

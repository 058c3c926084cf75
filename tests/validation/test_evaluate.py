"""`python -m validation evaluate` on a model of another library, and on a kept one."""

import json
import sys
from typing import ClassVar

import pytest
import torch
from torch import nn

from validation.__main__ import main
from validation.adapters import ViTMAE
from validation.datasets import load
from validation.experiment import train_one
from validation.pretrain import Recipe
from validation.reconstruction import reconstruction
from validation.settings import Run


class Model(nn.Module):
    """A function as a model, which represents nothing."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, inputs, hidden):
        return self.function(inputs)


def broken(inputs):
    """Fail on all but the trial."""
    if len(inputs) > 2:
        raise LookupError("in a\nlayer")
    return inputs


MAKERS = {
    "zero": lambda data: Model(torch.zeros_like),
    "infinite": lambda data: Model(lambda inputs: inputs / 0.0),
    "nan": lambda data: Model(lambda inputs: inputs * (1.0 if len(inputs) == 2 else torch.nan)),
    "broken": lambda data: Model(broken),
    "narrow": lambda data: Model(lambda inputs: inputs[:, 1:]),
    "none": lambda data: None,
    "unmade": lambda data: data.colours,
}


@pytest.fixture(autouse=True)
def makers(monkeypatch):
    """Put the functions where a user would, in a module that can be imported."""
    module = type(sys)("my_models")
    module.__dict__.update(MAKERS)
    monkeypatch.setitem(sys.modules, "my_models", module)
    return module


def evaluated(capsys, *arguments):
    code = main(["evaluate", *arguments])
    out, error = capsys.readouterr()
    return code, out, error


def test_predicting_the_mean_has_risk_one(capsys):
    code, out, _ = evaluated(capsys, "my_models:zero", "--data", "digits", "--json")
    result = json.loads(out)
    assert code == 0
    assert result["model"] == "my_models:zero"
    assert result["probe"] is None
    assert result["trained_with"] is None
    assert set(result["risks"].values()) == {1.0}


def test_vit_mae_is_tested_as_our_models_are(capsys, vit_mae, makers):
    makers.vit_mae = lambda data: ViTMAE(vit_mae, data)
    arguments = ("my_models:vit_mae", "--data", "digits", "--test-ratios", "0.5", "--device", "cpu")
    code, out, _ = evaluated(capsys, *arguments)
    assert code == 0
    data = load("digits")
    found = reconstruction(ViTMAE(vit_mae, data), data, torch.device("cpu"), [0.5])
    for ratio, risk in found.risk.items():
        assert f"test ratio {ratio:>7}  risk {risk:.4f}" in out
    assert "my_models:vit_mae: ViTMAE\ntested on digits" in out
    assert "linear probe" in out


def test_a_kept_model(capsys, tmp_path):
    recipe = Recipe(steps=2, batch=4)
    run = Run("digits", "linear", 0, 0, 50, "0.5", 0, "batch", 1, "steps", recipe)
    result = train_one("kept", run, "cpu", models=tmp_path)
    assert run.record().items() <= result.items()
    code, out, _ = evaluated(capsys, str(tmp_path / "kept.pt"), "--json", "--device", "cpu")
    assert code == 0
    again = json.loads(out)
    assert again["trained_with"] == "0.5"
    assert again["risks"] == result["risks"]
    assert again["probe"] == result["probe"]


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("my_models:infinite", "predictions of my_models:infinite must be finite"),
        ("my_models:nan", "predictions of my_models:nan must be finite"),
        ("my_models:broken", "of test_evaluate.py raised LookupError: in a layer"),
        ("my_models:narrow", "2 samples of digits to a tensor (2, 16, 4), got (2, 15, 4)"),
        ("my_models:none", "must return a torch.nn.Module, got NoneType"),
        ("my_models:unmade", "raised AttributeError: 'Tokens' object has no attribute 'colours'"),
        ("my_models:absent", "has no attribute 'absent'"),
        ("no_such_module:model", "No module named 'no_such_module'"),
        ("no_such_file.pt", "checkpoint must be a file, got 'no_such_file.pt'"),
    ],
)
def test_one_line_of_error(capsys, model, told):
    code, out, error = evaluated(capsys, model, "--data", "digits", "--device", "cpu")
    assert (code, out) == (2, "")
    assert error.startswith("error: ")
    assert told in error
    assert error.count("\n") == 1


def test_a_function_needs_data(capsys):
    code, _, error = evaluated(capsys, "my_models:zero")
    assert code == 2
    assert "data must be given to test my_models:zero" in error


def test_a_model_that_ignores_the_mask_or_looks_behind_it_is_told(capsys, makers):
    makers.peeking = lambda data: Model(lambda inputs: inputs)
    _, out, _ = evaluated(capsys, "my_models:zero", "--data", "digits", "--test-ratios", "0.5")
    assert "note: its output does not change when other tokens are hidden" in out
    assert "looks at what it is to predict" not in out
    _, out, _ = evaluated(capsys, "my_models:peeking", "--data", "digits", "--json")
    assert [note.split(":")[0] for note in json.loads(out)["notes"]] == [
        "its output does not change when other tokens are hidden",
        "its output changes with the tokens that are hidden",
    ]


@pytest.mark.parametrize("shape", ["blocks:2x2", "tubes", "independent"])
def test_any_shape_of_masks(capsys, makers, shape):
    class Watch(Model):
        masks: ClassVar[list] = []

        def forward(self, inputs, hidden):
            self.masks.append(hidden)
            return torch.zeros_like(inputs)

    makers.watch = lambda data: Watch(None)
    arguments = ("--data", "digits", "--shape", shape, "--test-ratios", "0", "0.5", "--json")
    code, out, _ = evaluated(capsys, "my_models:watch", *arguments)
    assert (code, json.loads(out)["shape"]) == (0, shape)
    few, half = (Watch.masks[at].reshape(-1, 4, 4) for at in (-3, -2))
    units = {"blocks:2x2": 4, "tubes": 4, "independent": 1}[shape]
    assert (few.sum(dim=(1, 2)) == units).all()
    assert (half.sum(dim=(1, 2)) == 8).all()
    if shape == "tubes":
        assert (half == half[:, :1]).all()


def test_weights_of_a_file(capsys, makers, tmp_path):
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = nn.Parameter(torch.zeros(()))

        def forward(self, inputs, hidden):
            return self.factor + 0 * inputs

    makers.scaled = lambda data: Scaled()
    torch.save({"factor": torch.tensor(0.5)}, tmp_path / "half.pt")
    arguments = ("my_models:scaled", "--data", "digits", "--test-ratios", "0.5", "--json")
    _, out, _ = evaluated(capsys, *arguments, "--weights", str(tmp_path / "half.pt"))
    assert json.loads(out)["risks"]["0.5"] == pytest.approx(1.25, abs=0.1)
    torch.save({"factor": torch.tensor(float("nan"))}, tmp_path / "nan.pt")
    code, _, error = evaluated(capsys, *arguments, "--weights", str(tmp_path / "nan.pt"))
    assert (code, "predictions of my_models:scaled must be finite" in error) == (2, True)
    torch.save({"other": torch.zeros(2)}, tmp_path / "other.pt")
    code, _, error = evaluated(capsys, *arguments, "--weights", str(tmp_path / "other.pt"))
    assert code == 2
    assert "must be those of Scaled, but lack 1, as 'factor' and have 1, as 'other'" in error
    assert error.count("\n") == 1


def test_a_figure(capsys, tmp_path):
    path = tmp_path / "risk.png"
    arguments = ("my_models:zero", "--data", "digits", "--figure")
    code, out, _ = evaluated(capsys, *arguments, str(path))
    assert (code, f"wrote {path}" in out) == (0, True)
    assert path.stat().st_size > 5_000
    for wrong in (tmp_path / "risk.txt", tmp_path / "absent" / "risk.png"):
        code, _, error = evaluated(capsys, *arguments, str(wrong))
        assert (code, error.startswith("error: figure must")) == (2, True)


def test_wrong_shapes_of_masks_and_weights_of_kept_models(capsys, tmp_path):
    code, _, error = evaluated(capsys, "my_models:zero", "--data", "digits", "--shape", "spans:3")
    assert (code, "must have tokens in a line" in error) == (2, True)
    code, _, error = evaluated(capsys, "kept.pt", "--weights", "half.pt")
    assert (code, "weights must be left out beside a kept model" in error) == (2, True)

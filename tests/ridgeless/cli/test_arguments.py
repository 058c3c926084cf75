"""Words of the command line: what they default to, and that every command runs something."""

import pytest

import ridgeless as rl
from ridgeless.cli.arguments import parser

COMMANDS = {
    "risk": [],
    "curve": [],
    "recommend": ["data.csv"],
    "predict": ["data.csv"],
    "pilot": ["runs.csv"],
    "explore": [],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_runs_what_bears_its_name(name: str) -> None:
    given = parser().parse_args([name, *COMMANDS[name]])
    assert given.run.__name__ == name


def test_defaults_are_those_of_the_library() -> None:
    given = parser().parse_args(["risk"])
    assert (given.aspect_ratio, given.ridge, given.test_mask_ratio) == (2.0, 0.0, 0.0)
    assert given.masks_per_sample == 1
    assert (given.target, given.rows) == ("masked_feature", None)
    assert parser().parse_args(["recommend", "x"]).masks_per_sample == float("inf")
    assert parser().parse_args(["curve"]).mask_ratios[::18] == [0.05, 0.95]


def test_epochs_are_masks_per_sample() -> None:
    assert parser().parse_args(["risk", "--epochs", "3"]).masks_per_sample == 3


@pytest.mark.parametrize("words", [[], ["what"], ["risk", "--snr", "x"], ["risk", "--rows", "few"]])
def test_a_mistake_is_a_sentence_not_an_exit(words: list[str]) -> None:
    with pytest.raises(rl.DomainError):
        parser().parse_args(words)


def test_help_shows_defaults_that_are_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        parser().parse_args(["risk", "--help"])
    assert done.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "features per sample (default: 2.0)" in shown
    assert "machine-readable (default" not in shown

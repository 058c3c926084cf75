"""Answers as JSON."""

import json

import pytest

from ridgeless.cli.main import main


def test_infinities_are_valid_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["risk", "--aspect-ratio", "0.5", "--mask-ratio", "0.5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["total"] == "inf"

"""A finished sweep, and a way to run another."""

import pytest

from simulations.sweep import run as sweep
from tests.simulations.sweeps import SMALL, finished


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    finished(folder)
    return folder


@pytest.fixture
def run(tmp_path, capsys):
    def call(*arguments: str) -> tuple[int, str, str]:
        code = sweep.main([*SMALL, *arguments, "--output", str(tmp_path / "out")])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call

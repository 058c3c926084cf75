"""Every end of a command line has its exit code and one line for a mistake."""

import os
import signal
from dataclasses import dataclass

import pytest

from ridgeless import ConvergenceError, DomainError
from simulations.running.command import INTERRUPTED, MISUSED, command


@dataclass(frozen=True)
class Settings:
    """Settings of a command."""

    trials: int = 2
    """How often."""


def ended(capsys, act, *arguments: str, **named):
    code = command(Settings, act, "python -m thing", "Does a thing.", arguments, **named)
    return code, capsys.readouterr().err


def raising(error: BaseException):
    def act(_: Settings) -> int:
        raise error

    return act


def test_settings_reach_the_action(capsys) -> None:
    seen = []
    assert ended(capsys, lambda x: seen.append(x) or 7, "--trials", "5") == (7, "")
    assert seen == [Settings(5)]
    ended(capsys, lambda x: seen.append(x) or 0, defaults=lambda: Settings(9))
    assert seen[-1] == Settings(9)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DomainError("ridge must be\nat least 0"), "error: ridge must be at least 0\n"),
        (ConvergenceError("no residual"), "error: no residual\n"),
        (NotImplementedError("not derived"), "error: not derived\n"),
        (MemoryError("8 GiB"), "error: this needs more memory than there is: 8 GiB\n"),
        (FileNotFoundError(2, "No such file", "x.csv"), "error: x.csv: No such file\n"),
        (
            ModuleNotFoundError("", name="dask"),
            "error: dask is not installed; pip install 'ridgeless[dask]'\n",
        ),
        (
            ModuleNotFoundError("", name="tqdm"),
            "error: tqdm is not installed; pip install 'ridgeless[sweep]'\n",
        ),
    ],
    ids=lambda x: type(x).__name__,
)
def test_what_a_user_can_cure_is_one_line(capsys, error, said) -> None:
    assert ended(capsys, raising(error)) == (MISUSED, said)


def test_a_defect_of_ours_keeps_its_traceback(capsys) -> None:
    with pytest.raises(ZeroDivisionError):
        ended(capsys, raising(ZeroDivisionError()))


def test_flags_that_are_none_are_named(capsys) -> None:
    code, said = ended(capsys, lambda _: 0, "--trails", "5")
    assert code == MISUSED
    assert said.startswith("error: ")
    assert "--trails" in said
    assert said.count("\n") == 1
    assert ended(capsys, lambda _: 1, "--help")[0] == 0


def test_nothing_is_no_value(capsys) -> None:
    for words in (["--trials", ""], ["--trials="]):
        assert ended(capsys, lambda _: 0, *words) == (
            MISUSED,
            "error: --trials must not be empty\n",
        )
    assert ended(capsys, lambda _: 0, "") == (MISUSED, "error: an argument must not be empty\n")


def test_ctrl_c_and_a_polite_kill_are_the_same(capsys) -> None:
    def killed(_: Settings) -> int:
        os.kill(os.getpid(), signal.SIGTERM)
        return 0

    for act in (raising(KeyboardInterrupt()), killed):
        assert ended(capsys, act) == (INTERRUPTED, "interrupted\n")

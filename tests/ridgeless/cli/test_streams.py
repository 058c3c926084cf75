"""What is printed arrives, or the command ends in one line at most."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ridgeless as rl
from ridgeless.cli.streams import FAILED, UNREAD, printing

ROOT = Path(rl.__file__).parents[1]
PROGRAM = """
import sys
from ridgeless.cli.streams import printing

def act():
    for _ in range({lines}):
        print("0.5 \\u00b1 0.1")
    return 7

sys.exit(printing(act))
"""

posix = pytest.mark.skipif(sys.platform == "win32", reason="no such shell")


def ran(lines: int, into: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program that prints, and give its own exit code, whatever follows in the pipe."""
    command = f'"$0" -c "$1" {into}; echo "rc ${{PIPESTATUS[0]}}" >&2'
    return subprocess.run(
        ["bash", "-c", command, sys.executable, PROGRAM.format(lines=lines)],
        env=os.environ | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )


@posix
def test_what_a_terminal_cannot_show_is_escaped() -> None:
    done = ran(1, PYTHONIOENCODING="ascii")
    assert (done.stdout, done.stderr) == ("0.5 \\xb1 0.1\n", "rc 7\n")
    done = ran(1, LC_ALL="POSIX", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0", PYTHONIOENCODING="")
    assert (done.stdout, done.stderr) == ("0.5 \\xb1 0.1\n", "rc 7\n")
    assert ran(1, PYTHONIOENCODING="utf-8").stdout == "0.5 ± 0.1\n"


@posix
@pytest.mark.parametrize("lines", [1, 100_000])
def test_a_reader_that_left_is_no_error(lines) -> None:
    done = ran(lines, "| (exec <&-; sleep 1)")
    assert done.stderr == f"rc {UNREAD}\n"


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device")
@pytest.mark.parametrize("lines", [1, 100_000])
def test_a_full_device_is_one_line(lines) -> None:
    done = ran(lines, "> /dev/full")
    assert done.stderr == f"error: {os.strerror(errno.ENOSPC)}\nrc {FAILED}\n"


@posix
def test_no_standard_output_at_all() -> None:
    assert ran(1, ">&-").stderr == "rc 7\n"


def test_a_file_that_is_not_there_is_named(capsys) -> None:
    assert printing(lambda: len(Path("nowhere").read_bytes())) == FAILED
    assert capsys.readouterr().err == f"error: nowhere: {os.strerror(errno.ENOENT)}\n"


def test_streams_are_as_before() -> None:
    before = sys.stdout.errors, sys.stderr.errors
    assert printing(lambda: 3) == 3
    assert (sys.stdout.errors, sys.stderr.errors) == before

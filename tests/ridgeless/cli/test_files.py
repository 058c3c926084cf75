"""Files that commands write are whole, or as they were."""

import contextlib
import stat
from pathlib import Path

from ridgeless.cli.files import replacing, write_text


def test_files_are_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "summary.csv"
    path.write_text("before")
    with contextlib.suppress(KeyError), replacing(path) as temporary:
        temporary.write_text("half")
        raise KeyError
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_text_is_written_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    write_text(path, "β\r\nγ\n")
    assert path.read_bytes() == "β\r\nγ\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]

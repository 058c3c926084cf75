"""The page of closed forms, and the command that writes it."""

import re
from pathlib import Path

import pytest

import ridgeless as rl
from ridgeless.symbolic.page import between_markers, main
from tests.ridgeless.symbolic.forms import FORMS

DOCS = Path(rl.__file__).parents[1] / "docs"


def test_the_page_is_up_to_date() -> None:
    """Write it with: python -m ridgeless.symbolic docs/closed-forms.md."""
    page = (DOCS / "closed-forms.md").read_text(encoding="utf-8")
    assert between_markers(page) == page
    for name in FORMS:
        assert f"### {name}\n" in page


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = DOCS / "closed-forms.md"
    bare = re.sub(r"(-symbolic|begin.*?-->).*<!-- end", r"\1<!-- end", page.read_text(), flags=re.S)
    copy = tmp_path / "page.md"
    copy.write_text(bare)
    assert bare != page.read_text()
    assert main([str(copy)]) == 0
    assert copy.read_text() == page.read_text()
    assert main(["--help"]) == 0
    assert "usage" in capsys.readouterr().out
    copy.write_text("no markers")
    assert main([str(copy)]) == 2
    assert main([str(tmp_path / "absent.md")]) == 2
    assert capsys.readouterr().err.count("error: ") == 2
    assert main([]) == 2

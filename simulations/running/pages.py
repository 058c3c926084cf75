"""Pages in Markdown that scripts rewrite in part: tables, and the places where they go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ridgeless.cli.files import write_text

__all__ = ["inserted", "markers", "rewrite", "table"]


def markers(name: str = "measured") -> tuple[str, str]:
    """Return what stands before and after the part of a page that a script writes."""
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def inserted(page: str, text: str, name: str = "measured") -> str:
    """Return `page` with `text`, and nothing else, between the markers of a name.

    Examples
    --------
    >>> print(inserted("<!-- measured: begin --> old <!-- measured: end -->", "new"))
    <!-- measured: begin -->
    <BLANKLINE>
    new
    <BLANKLINE>
    <!-- measured: end -->
    """
    begin, end = markers(name)
    before, rest = page.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def rewrite(path: Path, text: str, name: str = "measured") -> None:
    """Put `text` between the markers of the page `path`."""
    write_text(path, inserted(path.read_text(encoding="utf-8"), text, name))


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in Markdown.

    Examples
    --------
    >>> print(table(["d", "risk"], [[10, "0.5"]]))
    | d | risk |
    | --- | --- |
    | 10 | 0.5 |
    """
    lines: list[Sequence[object]] = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)

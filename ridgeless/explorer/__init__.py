"""The explorer: one web page that computes the theory while sliders move.

The page is put together from the files beside this one and needs no other: no network, no
library, no build. `docs/explorer.html` is made by ``python -m ridgeless explore --output docs``.
"""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

from ridgeless.cli.files import write_text

__all__ = ["page", "write"]

NAME = "explorer.html"


def page() -> str:
    """Return the page as HTML.

    Examples
    --------
    >>> page().splitlines()[0]
    '<!DOCTYPE html>'
    """
    import ridgeless

    folder = resources.files(__name__)

    def part(name: re.Match[str]) -> str:
        if name[1] == "version":
            return ridgeless.__version__
        return folder.joinpath(name[1]).read_text("utf-8").strip()

    return re.sub(r"\{\{ ([\w.]+) \}\}", part, folder.joinpath("page.html").read_text("utf-8"))


def write(folder: Path) -> Path:
    """Write the page into `folder`, whole or not at all, and return where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    write_text(path, page())
    return path

"""Tables in Markdown, and their places in the documentation."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def number(x):
    """Two or three significant digits, as in 0.42, 61 or 4.7e-04."""
    if 0.01 <= abs(x) < 100:
        return f"{x:.2g}"
    return f"{x:.0f}" if 100 <= abs(x) < 1e5 else f"{x:.1e}"


def table(head, rows):
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def insert(page, text):
    """Put `text` between the markers of `page`."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}"


def rewrite(path, text):
    """Put `text` between the markers of the file `path`."""
    path.write_text(insert(path.read_text(encoding="utf-8"), text), encoding="utf-8")

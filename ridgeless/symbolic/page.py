"""The closed forms as a page of the documentation."""

from __future__ import annotations

import functools
import re
import sys
from pathlib import Path

from ridgeless.cli.files import write_text
from ridgeless.errors import DomainError
from ridgeless.symbolic.closed_form import DERIVATIONS, ClosedForm, latex

__all__ = ["BEGIN", "END", "between_markers", "text"]

BEGIN = "<!-- begin: written by python -m ridgeless.symbolic -->"
END = "<!-- end -->"


@functools.cache
def text() -> str:
    """Return all closed forms as MyST Markdown: a section per module, a heading per form."""
    sections: dict[str, list[str]] = {}
    for derive in DERIVATIONS.values():
        module = sys.modules[derive.__module__]
        title = (module.__doc__ or "").splitlines()[0].rstrip(".")
        sections.setdefault(title, []).append(_form(derive()))
    return "\n\n".join(f"## {title}\n\n" + "\n\n".join(forms) for title, forms in sections.items())


def between_markers(page: str) -> str:
    """Return `page` with the forms, and nothing else, between its two markers.

    Raises
    ------
    DomainError
        If the page lacks a marker.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise DomainError(f"page must contain the lines {BEGIN!r} and {END!r}, and does not")
    return f"{before}{begin}\n\n{text()}\n\n{end}{after}"


def main(arguments: list[str]) -> int:
    """Write the closed forms into the page named on the command line; return the exit status."""
    if len(arguments) != 1 or arguments[0] in ("-h", "--help"):
        print("usage: python -m ridgeless.symbolic docs/closed-forms.md")
        print("\nDerive all closed forms and write them between the markers of the page.")
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    path = Path(arguments[0])
    try:
        write_text(path, between_markers(path.read_text(encoding="utf-8")))
    except (OSError, DomainError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _form(form: ClosedForm) -> str:
    arguments = ", ".join(f"${latex(symbol)}$" for symbol in form.symbols)
    facts = [f"Arguments: {arguments}."]
    if form.conditions:
        holds = ", ".join(f"${latex(condition)}$" for condition in form.conditions)
        facts.append(f"Holds for {holds}.")
    facts.append("From " + ", ".join(f"{{eq}}`{label}`" for label in form.equations) + ".")
    if form.unknown is not None:
        facts.append(
            f"SymPy stops here: ${latex(form.unknown)}$ is the positive zero of the equation."
        )
    return "\n\n".join(
        [f"### {form.name}", _prose(form.derivation), " ".join(facts),
         f"```{{math}}\n{form.latex()}\n```"]
    )  # fmt: skip


def _prose(docstring: str) -> str:
    """Turn a docstring into MyST: formulas in dollars, labels as references."""
    mathematics = re.sub(r":math:`([^`]*)`", r"$\1$", docstring, flags=re.DOTALL)
    return re.sub(r"(?<![`\w-])(eq-[A-Za-z-]*\w)", r"{eq}`\1`", mathematics)

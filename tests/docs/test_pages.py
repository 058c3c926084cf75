"""Pages in Markdown: their Python runs, their links lead somewhere, their equations exist."""

import ast
import contextlib
import io
import re
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

import ridgeless
import simulations

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BUILT = ("_build", "auto_gallery", "generated")
PAGES = sorted(
    page
    for page in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
    if not set(BUILT) & set(page.relative_to(ROOT).parts)
)
FENCE = re.compile(r"^( *)```python\n(.*?)^\1```\n(?:\n*\1```text\n(.*?)^\1```)?", re.S | re.M)
LABEL = r"\beq-[A-Za-z0-9-]*[A-Za-z0-9]"


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


# A page whose program takes more than about five seconds.
SLOW = {"ratio-sampler.md"}
PROGRAMS = [
    pytest.param(page, marks=[pytest.mark.slow] if page.name in SLOW else [])
    for page in PAGES
    if FENCE.search(page.read_text())
]


@pytest.mark.nojit_slow
@pytest.mark.parametrize("page", PROGRAMS, ids=name)
def test_python_runs_and_prints_what_is_shown(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The blocks of a page are one program; a block of text after one is what it prints."""
    monkeypatch.chdir(tmp_path)
    program = {"__name__": "page"}
    for block in FENCE.finditer(page.read_text()):
        code, shown = (textwrap.dedent(part or "") for part in block.groups()[1:])
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, name(page), "exec"), program)
        assert printed.getvalue() == shown


def test_no_other_fence_holds_python() -> None:
    """Nothing that looks like tested code is not."""
    opened = [re.findall(r"^ *[`~:]{3,}(.+)$", x.read_text(), re.M) for x in PAGES]
    assert {info for page in opened for info in page if "py" in info.lower()} == {"python"}
    for page in PAGES:
        text = page.read_text()
        assert len(FENCE.findall(text)) == text.count("```python\n"), page


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_linked_file_exists(page: Path) -> None:
    """The site's own test looks at links to what is made by building it."""
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text())
    made = [link for link in links if set(BUILT) & set(Path(link).parts)]
    missing = [x for x in links if x not in made and not (page.parent / x).exists()]
    assert not missing


def test_every_figure_says_what_it_shows() -> None:
    images = [
        (page, " ".join(alt.split()))
        for page in PAGES
        for alt in re.findall(r"!\[([^]]*)\]\(", page.read_text())
    ]
    assert images
    assert [image for image in images if len(image[1]) < 40] == []


def cited_labels() -> dict[str, set[str]]:
    """Return the files that cite each label, in comments and docstrings or as {eq}`...`."""
    sources = [x for part in ("ridgeless", "simulations", "validation")
               for x in (ROOT / part).rglob("*.py")]  # fmt: skip
    cited: dict[str, set[str]] = {}
    for path in sources:
        for label in re.findall(LABEL, path.read_text()):
            cited.setdefault(label, set()).add(name(path))
    for page in PAGES:
        for label in re.findall(rf"{{eq}}`({LABEL})`", page.read_text()):
            cited.setdefault(label, set()).add(name(page))
    return cited


def test_cited_equations_exist_and_labelled_ones_are_cited() -> None:
    labels = re.findall(rf"^:label: ({LABEL})$", "\n".join(x.read_text() for x in PAGES), re.M)
    assert len(labels) == len(set(labels))
    cited = cited_labels()
    assert {label: where for label, where in cited.items() if label not in labels} == {}
    theory = re.findall(rf"^:label: ({LABEL})$", (DOCS / "theory.md").read_text(), re.M)
    assert set(theory) - set(cited) == set()


@pytest.mark.parametrize("package", [ridgeless, simulations])
def test_the_reference_lists_exactly_the_public_names(package: ModuleType) -> None:
    page = (DOCS / "reference" / f"{package.__name__}.md").read_text()
    listed = [line.strip() for block in re.findall(r":toctree: generated\n\n(.*?)```", page, re.S)
              for line in block.splitlines()]  # fmt: skip
    assert sorted(listed) == sorted(package.__all__)


@pytest.mark.parametrize("script", sorted((DOCS / "gallery").glob("*.py")), ids=name)
def test_every_gallery_script_describes_its_figure(script: Path) -> None:
    """ALT is what a reader hears who cannot see the figure."""
    described = [
        node.value.value
        for node in ast.parse(script.read_text()).body
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "ALT"
        and isinstance(node.value, ast.Constant)
    ]
    assert len(described) == 1
    assert len(described[0]) > 100

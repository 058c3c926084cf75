"""The site: it builds without a warning, offline, and everything in it leads somewhere."""

import os
import pkgutil
import shutil
import subprocess
import sys
import zlib
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import ridgeless
import simulations
import validation

ROOT = Path(__file__).parents[2]
BUILT = shutil.ignore_patterns("_build", "auto_gallery", "generated")

pytestmark = [pytest.mark.slow, pytest.mark.nojit_slow]


class Page(HTMLParser):
    """What a page links to, loads and shows."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.anchors, self.links, self.loads, self.images = set(), [], [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors |= {given[key] for key in ("id", "name") if given.get(key)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag in ("script", "img") and given.get("src"):
            self.loads.append(given["src"])
        if tag == "link" and given.get("rel") == "stylesheet":
            self.loads.append(given["href"])
        if tag == "img":
            self.images.append(given)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from a copy, gallery included, as `make docs` does."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=BUILT)
    for page in ROOT.glob("*.md"):
        shutil.copy(page, folder)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "sphinx",
            "-W",
            "--keep-going",
            "-q",
            folder / "docs",
            folder / "html",
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """Return the pages that Sphinx wrote."""
    own = {path for path in site.rglob("*.html") if "_static" not in path.parts}
    return {path: Page(path) for path in own - {site / "explorer.html"}}


def test_links_lead_to_pages_and_places_that_exist(pages: dict[Path, Page], site: Path) -> None:
    lost = []
    for page in pages.values():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
            known = pages[target].anchors if target in pages else set()
            if not target.exists() or (target in pages and parts.fragment
                                       and unquote(parts.fragment) not in known):  # fmt: skip
                lost.append((str(page.path.relative_to(site)), link))
    assert lost == []


def test_nothing_is_loaded_from_elsewhere(pages: dict[Path, Page]) -> None:
    for page in pages.values():
        for source in page.loads:
            parts = urlsplit(source)
            assert not parts.scheme, source
            assert not parts.netloc, source
            assert (page.path.parent / unquote(parts.path)).exists(), source


def test_equations_are_drawn_by_what_comes_with_the_pages(pages: dict[Path, Page]) -> None:
    [theory] = [page for path, page in pages.items() if path.name == "theory.html"]
    assert any("mathjax" in x or "tex-svg" in x for x in theory.loads)
    assert "equation-eq-isotropic" in theory.anchors


def test_every_figure_says_what_it_shows(pages: dict[Path, Page], site: Path) -> None:
    """Thumbnails are links with a title: their own text is empty."""
    gallery = {f"sphx_glr_{x.stem}_001.png": x for x in (ROOT / "docs/gallery").glob("plot_*.py")}
    for page in pages.values():
        for image in page.images:
            file = Path(image["src"]).name
            assert "alt" in image, (page.path, file)
            if "_images" in image["src"] and not file.endswith("thumb.png"):
                assert len(image["alt"]) > 40, (page.path, file)
                gallery.pop(file, None)
    assert gallery == {}, "scripts without a figure"


def documented(site: Path) -> set[str]:
    """Return the classes and functions in the inventory, under the names they are shown by."""
    packed = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    entries = [line.split() for line in zlib.decompress(packed).decode().splitlines()]
    kinds = ("py:class", "py:function", "py:exception")
    # "$" stands for the name itself; an alias leads to another name.
    return {name for name, kind, _, place, *_ in entries if kind in kinds and place.endswith("#$")}


@pytest.mark.parametrize("package", [ridgeless, simulations])
def test_the_reference_holds_exactly_the_public_names(package, site: Path) -> None:
    found = {x for x in documented(site) if x.startswith(f"{package.__name__}.")}
    assert found == {f"{package.__name__}.{name}" for name in package.__all__}


def test_the_reference_holds_what_validation_offers(site: Path) -> None:
    offered = set()
    for module in pkgutil.walk_packages(validation.__path__, "validation."):
        if not module.name.endswith("__main__"):
            public = import_module(module.name)
            offered |= {
                f"{module.name}.{name}"
                for name in getattr(public, "__all__", ())
                if getattr(getattr(public, name), "__module__", "") == module.name
            }
    assert len(offered) > 20
    assert offered <= documented(site)

"""The architecture: which room may import which, and who may read, write or print.

The tables say what is allowed; a line that does anything else fails. Imports count wherever they
stand, in a function and under TYPE_CHECKING too.
"""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import ridgeless as rl

ROOT = Path(rl.__file__).parents[1]
SCANNED = ("ridgeless", "simulations", "validation", "docs/studies", "benchmarks")

# Room: (places, rooms that it may import). A place is a module, or a package with all below it,
# and a file belongs to the longest that fits; "ridgeless:" is its __init__.py alone.
BELOW = "words numerics nouns engine"
FRONTS = (
    "ridgeless.risk ridgeless.learned ridgeless.covariance ridgeless.ratio_aware ridgeless.optimal "
    "ridgeless.random_features"
)
THEORY = f"{BELOW} fronts rows transfer estimation recommend pilot theory"
SIMULATIONS = "running populations trials collection sweep simulations files"
ROOMS = {
    # The theory: from words and numbers, through the engine, to the functions that users call.
    "words": ("ridgeless.errors ridgeless.checks", ""),
    "numerics": ("ridgeless.numerics", "words"),
    "nouns": ("ridgeless", "words numerics"),  # every module of ridgeless/ not named elsewhere
    "engine": ("ridgeless.engine", "words numerics nouns"),
    "fronts": (FRONTS, BELOW),
    "rows": ("ridgeless.rows", "words nouns"),
    "transfer": ("ridgeless.transfer", f"{BELOW} fronts rows"),
    "estimation": ("ridgeless.estimation", f"{BELOW} fronts"),
    "recommend": ("ridgeless.recommend", f"{BELOW} fronts transfer estimation"),
    "pilot": ("ridgeless.pilot", "words nouns"),
    "theory": ("ridgeless:", f"{BELOW} fronts rows transfer estimation recommend pilot"),
    # Its leaves. One arrow leads into them: all read tables, replace files and print in one way.
    "files": ("ridgeless.cli.tables ridgeless.cli.files ridgeless.cli.streams", "words"),
    "explorer": ("ridgeless.explorer", f"{THEORY} files"),
    "symbolic": ("ridgeless.symbolic", f"{THEORY} files"),
    "cli": ("ridgeless.cli ridgeless.__main__", f"{THEORY} files explorer symbolic"),
    # Monte Carlo of the same quantities.
    "running": ("simulations.running", "words theory files"),
    "populations": ("simulations.populations", f"{THEORY} running files"),
    "trials": ("simulations.trials", f"{THEORY} running populations"),
    "collection": ("simulations.collection", f"{THEORY} running populations trials"),
    "sweep": ("simulations.sweep", f"{THEORY} running populations trials collection files"),
    "simulations": ("simulations", f"{THEORY} running populations trials collection sweep"),
    # Trained networks.
    "validation": ("validation", f"{THEORY} {SIMULATIONS}"),
    # Not installed, so nothing above may import them.
    "studies": ("docs.studies", f"{THEORY} {SIMULATIONS} validation"),
    "tests": ("tests", ""),  # not scanned: they may import anything
    "benchmarks": ("benchmarks", f"{THEORY} {SIMULATIONS} validation tests"),
}
PLACES = {place: room for room, (places, _) in ROOMS.items() for place in places.split()}

# A package of others: the rooms that may import it.
OUTSIDE = {
    "torch": "validation studies",
    "torchvision": "",
    "transformers": "studies",
    "accelerate": "",
    "pytorch_lightning": "",
}

# Rooms of ridgeless that read, write and print; its others are pure functions.
IMPURE = {"files", "explorer", "symbolic", "cli"}
IMPURE_IMPORTS = {"logging", "shutil", "socket", "subprocess", "tempfile", "urllib", "webbrowser"}
IMPURE_CALLS = re.compile(
    r"(breakpoint|exec|input|open|print|(json|pickle)\.(dump|load)|os\.(remove|rename|replace)"
    r"|(np|numpy)\.(fromfile|genfromtxt|load|loadtxt|memmap|save|savetxt|savez\w*)|sys\.std\w+\.write"
    r"|.*\.(mkdir|open|read_(bytes|csv|text)|to_csv|tofile|touch|unlink|write_(bytes|text)))",
    re.DOTALL,
)

# (module, what it imports or calls): why it may.
EXCEPTIONS = {
    ("ridgeless.spectrum", "ridgeless.estimation.sample_spectrum"): (
        "a spectrum of data is asked for as Spectrum.from_data, which reaches up when called"
    ),
    ("ridgeless.spectrum", "ridgeless.estimation.rows"): "the same",
    ("ridgeless.numerics.jit", "path.read_bytes"): "kernels are cached by their files' content",
}


def room_of(module: str) -> str:
    """Return the room of a module, "" if it has none; a package's __init__ ends in a colon."""
    place = name = module.rstrip(":")
    if module in PLACES:
        return PLACES[module]
    while place and place not in PLACES:
        place = place.rpartition(".")[0]
    # A new module of ridgeless/ is a noun; a new folder must be given a room.
    if place == "ridgeless" and (module.endswith(":") or name.count(".") > 1):
        return ""
    return PLACES.get(place, "")


class Tree:
    """The files below a folder, and what in them the tables forbid."""

    def __init__(self, root: Path) -> None:
        paths = [path for folder in SCANNED for path in sorted((root / folder).rglob("*.py"))]
        self.files = {path.relative_to(root).as_posix(): path for path in paths}
        self.modules = {self.module_of(name): name for name in self.files}
        self.excused: set[tuple[str, str]] = set()

    @staticmethod
    def module_of(name: str) -> str:
        return name.removesuffix(".py").replace("/", ".").replace(".__init__", ":")

    def broken(self) -> list[str]:
        """Return "file:line: rule" for every line that breaks a rule."""
        found = []
        for module, name in self.modules.items():
            if not room_of(module):
                found.append(f"{name}:1: {module.rstrip(':')} has no room: give it one in ROOMS")
                continue
            for node in ast.walk(ast.parse(self.files[name].read_text("utf-8"))):
                for what, rule in (*self.imports(module, node), *self.calls(module, node)):
                    if (module.rstrip(":"), what) in EXCEPTIONS:
                        self.excused.add((module.rstrip(":"), what))
                    else:
                        found.append(f"{name}:{getattr(node, 'lineno', 0)}: {rule}")
        return found

    def imports(self, module: str, node: ast.AST) -> Iterator[tuple[str, str]]:
        """Yield what a node imports against the tables, and the rule."""
        room = room_of(module)
        for imported in self.imported(module, node):
            name, package, other = imported.rstrip(":"), imported.split(".")[0], room_of(imported)
            if other and other not in (room, *ROOMS[room][1].split()):
                yield name, f"{room} may not import {other} ({name})"
            if package in OUTSIDE and room not in OUTSIDE[package].split():
                yield name, f"{room} may not import {package}"
            if package in IMPURE_IMPORTS and module.startswith("ridgeless") and room not in IMPURE:
                yield name, f"{room} is pure and may not import {package}"

    def calls(self, module: str, node: ast.AST) -> Iterator[tuple[str, str]]:
        """Yield what a node of a pure room calls that reads, writes or prints, and the rule."""
        room = room_of(module)
        if isinstance(node, ast.Call) and module.startswith("ridgeless") and room not in IMPURE:
            call = ast.unparse(node.func)
            if IMPURE_CALLS.fullmatch(call):
                yield call, f"{room} is pure and may not call {call}"

    def imported(self, module: str, node: ast.AST) -> Iterator[str]:
        """Yield the modules that a node imports."""
        if isinstance(node, ast.Import):
            yield from (self.known(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = module.replace(":", ".__init__").split(".")
            base = ".".join([*here[: -node.level], node.module or ""]).strip(".")
            yield from {self.known(f"{base}.{alias.name}", base) for alias in node.names}

    def known(self, *names: str) -> str:
        """Return the first that names a file, also as seen from docs/studies, else the last."""
        for name in names:
            for place in (f"{name}:", name, f"docs.studies.{name}:", f"docs.studies.{name}"):
                if place in self.modules:
                    return place
        return names[-1]


def test_rooms_import_only_what_the_table_allows() -> None:
    tree = Tree(ROOT)
    assert len(tree.files) > 100
    assert not tree.broken(), "\n" + "\n".join(tree.broken())
    assert tree.excused == set(EXCEPTIONS), "an exception that is no longer needed: delete it"


def test_the_table_has_no_cycle() -> None:
    order = TopologicalSorter({room: allowed.split() for room, (_, allowed) in ROOMS.items()})
    assert set(order.static_order()) == set(ROOMS)


@pytest.mark.parametrize(
    ("name", "line", "rule"),
    [
        ("ridgeless/spectrum.py", "import simulations", "nouns may not import simulations"),
        ("ridgeless/risk.py", "from validation import models", "fronts may not import validation"),
        ("ridgeless/mask_ratio.py", "from ridgeless import risk", "nouns may not import fronts"),
        ("ridgeless/new.py", "from .engine import solution", "nouns may not import engine"),
        ("ridgeless/numerics/jit.py", "from ..target import X", "numerics may not import nouns"),
        ("ridgeless/engine/solution.py", "import ridgeless.risk", "engine may not import fronts"),
        ("ridgeless/optimal.py", "from ridgeless import X", "fronts may not import theory"),
        ("ridgeless/risk.py", "from ridgeless.recommend import X", "may not import recommend"),
        ("ridgeless/risk.py", "from ridgeless.cli import tables", "fronts may not import files"),
        ("ridgeless/target.py", "import ridgeless.symbolic", "nouns may not import symbolic"),
        ("ridgeless/fresh/__init__.py", "", "ridgeless.fresh has no room"),
        ("simulations/running/files.py", "import simulations.sweep", "running may not import"),
        ("simulations/populations/a.py", "from ..trials import fits", "populations may not import"),
        ("simulations/trials/fits.py", "import simulations.sweep", "trials may not import sweep"),
        ("simulations/collection/a.py", "from ridgeless import cli", "collection may not import"),
        ("simulations/sweep/run.py", "import validation.models", "sweep may not import validation"),
        ("simulations/sweep/run.py", "import torch.nn", "sweep may not import torch"),
        ("validation/models.py", "from transformers import X", "may not import transformers"),
        ("validation/models.py", "import universality", "validation may not import studies"),
        ("validation/models.py", "from tests import oracle", "validation may not import tests"),
        ("simulations/sweep/run.py", "import benchmarks.timing", "may not import benchmarks"),
        ("docs/studies/other.py", "from tests import oracle", "studies may not import tests"),
        ("ridgeless/risk.py", "import subprocess", "fronts is pure and may not import subprocess"),
        ("ridgeless/risk.py", "print(1)", "fronts is pure and may not call print"),
        ("ridgeless/engine/sums.py", "np.load(a)", "engine is pure and may not call np.load"),
        ("ridgeless/names.py", "Path(a).read_text()", "may not call Path(a).read_text"),
    ],
)
def test_each_rule_is_seen_to_fail(name: str, line: str, rule: str, tmp_path: Path) -> None:
    for place in (*(p.replace(".", "/") for p in PLACES if ":" not in p), "docs/studies"):
        if (ROOT / place).is_dir():
            (tmp_path / place).mkdir(parents=True, exist_ok=True)
            (tmp_path / place / "__init__.py").touch()
    for file in (
        "ridgeless/risk.py",
        "ridgeless/cli/tables/read.py",
        "docs/studies/universality.py",
    ):
        (tmp_path / file).touch()
    assert not Tree(tmp_path).broken()
    # Neither a function nor TYPE_CHECKING hides a line.
    text = f"if TYPE_CHECKING:\n    def f():\n        {line or 'pass'}\n"
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    (broken,) = Tree(tmp_path).broken()
    assert broken.startswith(f"{name}:3: " if line else f"{name}:1: ")
    assert rule in broken

"""Tests stand where the packages do: a namesake for each module, and no test without its module."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"

#: Folder of modules: folder of their tests, and whether every module must have one.
ROOMS = {
    "ridgeless": ("ridgeless", True),
    "simulations": ("simulations", True),
    "validation": ("validation", True),
    "docs/studies": ("studies", True),
    "benchmarks": ("benchmarks", False),  # what they measure is tested in its own room
}

#: Suites about no module in particular, and why.
SUITES = {
    "test_accuracy.py": "every case against arithmetic with many digits",
    "test_blocks_oracle.py": "the reference of blocks itself, tests/blocks_oracle.py",
    "test_conventions.py": "fills, powers of rows and masks of several ratios",
    "test_closed_forms.py": "the theory where pencil and paper give the answer",
    "test_contracts.py": "one check per protocol, over all that implement it",
    "test_fronts.py": "every case through every front",
    "test_fuzz.py": "questions at the edges of every argument, tests/fuzz.py",
    "test_imports.py": "what importing costs, and that public names are documented",
    "test_mirror.py": "this file",
    "test_oracle.py": "the reference itself, tests/oracle.py",
    "test_contract.py": "which room may import which",
    "test_problems.py": "the table of cases itself, tests/problems.py",
    "test_properties.py": "what must hold for any problem",
    "ridgeless/numerics/test_jit_cache.py": "what is kept of kernels, in copies of the package",
    "docs/test_how_to.py": "a page whose Python needs a library that others do not",
    "docs/test_pages.py": "the pages",
    "docs/test_site.py": "the site that is built of the pages",
    "simulations/test_agreement.py": "theory beside simulation, in a table",
    "simulations/test_old_stores.py": "stores that earlier versions wrote",
    "simulations/test_memory.py": "memory of a trial, whichever part takes it",
    "simulations/test_random_problems.py": "theory beside simulation, at random",
}


def has_code(path: Path) -> bool:
    """Whether a module does more than import, document, call what it imports, or ask for names."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    defined = [x for x in body if isinstance(x, ast.FunctionDef | ast.ClassDef)]
    if defined and all(isinstance(x, ast.ClassDef) and is_protocol(x) for x in defined):
        return False  # whoever keeps what it asks for is tested
    return bool(defined) or not path.name.startswith("__")


def is_protocol(kind: ast.ClassDef) -> bool:
    return any(ast.unparse(base).split("[")[0] == "Protocol" for base in kind.bases)


def mirrored(module: Path) -> str:
    """Return where a module's tests stand, from tests/ on; dunders do not count."""
    room = next(x for x in ROOMS if module.is_relative_to(x))
    place = Path(ROOMS[room][0]) / module.relative_to(room)
    return str(place.with_name(f"test_{module.stem.strip('_')}.py"))


MODULES = sorted(
    path.relative_to(ROOT)
    for room in ROOMS
    for path in (ROOT / room).rglob("*.py")
    if has_code(path) and not path.name.startswith("test_")
)
NEEDED = [
    module for module in MODULES if any(ROOMS[x][1] for x in ROOMS if module.is_relative_to(x))
]
FILES = sorted(str(path.relative_to(TESTS)) for path in TESTS.rglob("test_*.py"))


@pytest.mark.parametrize("module", NEEDED, ids=str)
def test_every_module_has_tests_of_its_name(module: Path) -> None:
    assert mirrored(module) in FILES, f"tests/{mirrored(module)} is missing"


def test_no_test_is_without_its_module() -> None:
    homeless = set(FILES) - {mirrored(module) for module in MODULES}
    assert homeless == set(SUITES)


def test_every_test_file_tests() -> None:
    for name in FILES:
        names = [
            x.name
            for x in ast.walk(ast.parse((TESTS / name).read_text(encoding="utf-8")))
            if isinstance(x, ast.FunctionDef)
        ]
        assert any(x.startswith("test_") for x in names), name


@pytest.mark.parametrize(
    ("module", "place"),
    [
        ("ridgeless/risk.py", "ridgeless/test_risk.py"),
        ("validation/__main__.py", "validation/test_main.py"),
        ("validation/datasets/__init__.py", "validation/datasets/test_init.py"),
        ("docs/studies/random_ratios/laws.py", "studies/random_ratios/test_laws.py"),
    ],
)
def test_places(module: str, place: str) -> None:
    assert mirrored(Path(module)) == place
    assert has_code(ROOT / module)

"""Every law, target, design and masking keeps the promises of its protocol."""

import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import ridgeless
import ridgeless as rl
import simulations
from simulations.populations.designs import Design
from tests import contracts
from tests.contracts import DESIGNS, LAWS, MASKINGS, POWERS, SPECTRA, TARGETS


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_laws(law: rl.RatioLaw) -> None:
    contracts.check_law(law)
    contracts.check_value(law, LAWS)


def test_names_of_laws_are_the_same_everywhere() -> None:
    """In a process with other hashes, and different between laws."""
    names = [contracts.identity_of(law) for law in LAWS]
    assert len(set(names)) == len(names)
    code = "from tests.contracts import *; print(*map(identity_of, LAWS))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=os.environ | {"PYTHONHASHSEED": "7"},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == names


@pytest.mark.parametrize("spectrum", SPECTRA, ids=repr)
@pytest.mark.parametrize("target", TARGETS, ids=repr)
def test_targets(target: Any, spectrum: rl.Spectrum) -> None:
    contracts.check_target(target, spectrum)
    contracts.check_value(target, TARGETS)


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.label)
def test_designs(design: Any) -> None:
    contracts.check_design(design)
    contracts.check_value(design, DESIGNS)


def test_designs_are_told_apart_by_their_record() -> None:
    records = [repr(sorted(design.record().items())) for design in DESIGNS]
    assert len(set(records)) == len(records)


@pytest.mark.parametrize("masking", MASKINGS, ids=repr)
def test_maskings(masking: rl.Masking) -> None:
    contracts.check_masking(masking)
    contracts.check_loss_weight_of_one(masking)
    contracts.check_value(masking, MASKINGS)


# --- nothing is left out ------------------------------------------------------------------------


def classes(*packages: ModuleType) -> set[type]:
    """Return all classes that the modules of packages define."""
    found = set()
    for package in packages:
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "__main__" not in info.name:
                module = importlib.import_module(info.name)
                own = inspect.getmembers(module, inspect.isclass)
                found |= {kind for _, kind in own if kind.__module__ == info.name}
    return found


def implementing(protocol: type, *packages: ModuleType) -> set[type]:
    """Return the concrete classes that have all that a protocol asks for."""
    asked = {name for name in vars(protocol) if not name.startswith("_")}
    return {
        kind
        for kind in classes(*packages)
        if kind is not protocol
        and not inspect.isabstract(kind)
        and not kind.__name__.startswith("_")
        and not getattr(kind, "_is_protocol", False)
        and all(hasattr(kind, name) for name in asked)
    }


def test_every_law_is_checked() -> None:
    assert implementing(rl.RatioLaw, ridgeless, simulations) == {type(law) for law in LAWS}


@pytest.mark.parametrize("power", POWERS, ids=repr)
def test_power(power: rl.RowPower) -> None:
    contracts.check_power(power)
    contracts.check_value(power, POWERS)


def test_every_power_is_checked() -> None:
    assert implementing(rl.RowPower, ridgeless, simulations) == {type(power) for power in POWERS}


def test_every_target_is_checked() -> None:
    from ridgeless.target import Target

    assert implementing(Target, ridgeless, simulations) == {type(target) for target in TARGETS}


def test_every_design_is_checked() -> None:
    assert implementing(Design, ridgeless, simulations) == {type(design) for design in DESIGNS}


def test_every_public_law_and_target_is_among_them() -> None:
    public = [getattr(rl, name) for name in rl.__all__]
    laws = {x for x in public if inspect.isclass(x) and issubclass(x, rl.RatioLaw)}
    assert laws - {rl.RatioLaw} == {type(law) for law in LAWS}
    assert {rl.MaskedFeature, rl.LinearTarget} == {type(target) for target in TARGETS}


def test_maskings_are_of_every_kind() -> None:
    assert {masking.rows for masking in MASKINGS} == {None, "all", "masked"}
    assert {masking.masks_per_sample for masking in MASKINGS} == {None, 1, 3, 5, float("inf")}
    assert {len(masking.shape) for masking in MASKINGS} == {0, 1, 2}
    assert any(masking.groups for masking in MASKINGS)
    under = {masking.ratio for masking in MASKINGS if isinstance(masking.ratio, rl.RatioLaw)}
    assert under == set(LAWS)

"""Names that depend on nothing but what they name."""

import math
from dataclasses import dataclass

import numpy as np
import pytest

from ridgeless import DiscreteRatio, DomainError, UniformRatio
from simulations.running import identity
from simulations.running.identity import array_digest, digest, law_record, number, words


def test_a_digest_is_of_the_content_and_of_the_version(monkeypatch) -> None:
    first = digest({"a": 1.0, "b": [2, None]})
    assert first == digest({"b": [2, None], "a": 1.0})
    assert first != digest({"a": 1.5, "b": [2, None]})
    monkeypatch.setattr(identity, "VERSION", 2)
    assert digest({"a": 1.0, "b": [2, None]}) != first
    with pytest.raises(ValueError, match="JSON"):
        digest({"a": math.nan})


def test_words_are_the_whole_digest() -> None:
    name = digest({})
    assert len(words(name)) == 8
    assert "".join(f"{word:08x}" for word in words(name)) == name


def test_arrays_differ_by_shape_and_content_not_by_type_or_order() -> None:
    table = np.arange(6.0).reshape(2, 3)
    assert array_digest(table) == array_digest(np.asfortranarray(table))
    assert array_digest(table) == array_digest(table.astype(np.float32))
    assert array_digest(table) != array_digest(table.reshape(3, 2))
    assert array_digest(table) != array_digest(table + 1e-9)


def test_numbers_fit_into_json() -> None:
    assert number(np.float64(0.5)) == 0.5
    assert number(math.inf) == "inf"


def test_laws_are_told_apart_by_name_and_parameters() -> None:
    assert law_record(UniformRatio(0.1, 0.3)) == {"name": "UniformRatio", "low": 0.1, "high": 0.3}
    # Names from before loss weights stay.
    assert set(law_record(DiscreteRatio([0.2]))) == {"name", "values", "weights"}
    weighted = law_record(DiscreteRatio([0.2], loss_weights=[2.0]))
    assert weighted["loss_weights"] == (2.0,)

    @dataclass(frozen=True)
    class Own:
        low: float = 0.5

    assert law_record(Own())["name"].endswith("Own")
    with pytest.raises(DomainError, match="mask_ratio must be a dataclass"):
        law_record(object())

"""Settings stand for cells, and survive being written down."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import ridgeless as rl
from simulations.sweep.settings import FREE, Sweep, differences, read_settings

SMALL = Sweep(
    spectrum=("isotropic", "ar1:0.5"),
    mask_ratios=("0.2", "uniform:0.1:0.9"),
    aspect_ratios=(0.5, 2.0),
    dimension=(10, 20),
    design=("gaussian", "rademacher"),
    ridge=(0.0, 0.1),
    test_mask_ratio=(0.0, 0.3),
)


def test_every_combination_is_a_cell():
    cells = SMALL.cells()
    assert len(cells) == 2 * 2 * 2 * 2 * 2 * 2 * 2
    assert len({cell.problem.id for cell in cells}) == len(cells)
    linear = replace(SMALL, target="linear", snr=(1.0, 2.0, 4.0))
    assert len(linear.cells()) == 3 * len(cells)
    # snr is nothing to a masked feature.
    assert len(replace(SMALL, snr=(1.0, 2.0, 4.0)).cells()) == len(cells)


def test_real_rows_have_their_own_dimension_and_law(tmp_path):
    import numpy as np

    path = tmp_path / "t.npy"
    np.save(path, np.random.default_rng(0).random((20, 4)))
    cells = replace(SMALL, spectrum=(str(path),), mask_ratios=("0.2",)).cells()
    assert {cell.problem.sampling.dimension for cell in cells} == {4}
    assert len(cells) == 2 * 2 * 2


def test_no_cells_is_an_error():
    with pytest.raises(rl.DomainError, match="must not be empty"):
        replace(SMALL, mask_ratios=()).cells()


def test_a_record_is_read_back(tmp_path):
    path = tmp_path / "provenance.json"
    path.write_text(json.dumps({"settings": SMALL.record()}))
    assert read_settings(path) == SMALL
    json.dumps(SMALL.record())


@pytest.mark.parametrize(
    "record",
    ["[]", "{}", '{"settings": 3}', '{"settings": {"what": 1}}', "{", '{"settings": {}}',
     '{"settings": {"output": "x", "ridge": ["a"]}}', '{"settings": {"output": "x", "ridge": 1}}',
     '{"settings": {"output": "x", "ridge": null}}', '{"settings": {"output": "x", "rng": [1]}}',
     '{"settings": {"output": "x", "trials": 2.5}}', '{"settings": {"output": 3}}',
     '{"settings": {"output": "x", "target": "cubic"}}', "[" * 100_000, "\xff",
     '{"settings": {"output": "x", "trials": ' + "1" * 5000 + "}}"],
    ids=lambda record: record[:60],
)  # fmt: skip
def test_a_broken_record_is_told(tmp_path, record):
    (tmp_path / "p.json").write_bytes(record.encode("latin-1"))
    with pytest.raises(rl.DomainError, match=r"must be the provenance\.json of a sweep"):
        read_settings(tmp_path / "p.json")


def test_where_and_how_fast_make_no_other_sweep():
    moved = replace(SMALL, jobs=3, backend="dask", output=Path("elsewhere"))
    assert differences(SMALL.record(), moved.record()) == []
    assert differences(SMALL.record(), replace(SMALL, rng=1, trials=3).record()) == [
        "rng", "trials"
    ]  # fmt: skip
    assert set(Sweep.__dataclass_fields__) >= FREE

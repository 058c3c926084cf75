"""Files that hold arrays."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.io import mmwrite

import ridgeless as rl
from ridgeless.cli.tables import read

VALUES = np.random.default_rng(0).poisson(1.0, (9, 4)).astype(float)


def test_numpy_files(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", VALUES)
    np.savez(tmp_path / "a.npz", X=VALUES, y=np.ones(9))
    sparse.save_npz(tmp_path / "s.npz", sparse.csr_array(VALUES))
    named = np.array([tuple(row) for row in VALUES], dtype=[(x, float) for x in "abcd"])
    np.save(tmp_path / "n.npy", named)
    for name in ("a.npy", "a.npz", "s.npz", "n.npy"):
        found = read(str(tmp_path / name))
        np.testing.assert_array_equal(found.values, VALUES)
        assert found.names == (tuple("abcd") if name == "n.npy" else ())


def test_a_matrix_market_file(tmp_path: Path) -> None:
    mmwrite(tmp_path / "a.mtx", sparse.coo_array(VALUES))
    np.testing.assert_array_equal(read(str(tmp_path / "a.mtx")).values, VALUES)


@pytest.mark.parametrize("form", ["dense", "csr", "csc", "old"])
def test_cells_by_genes(form: str, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.h5ad", "w") as file:
        if form == "dense":
            file["X"] = VALUES
        else:
            kind = "csc" if form == "csc" else "csr"
            matrix = getattr(sparse, f"{kind}_array")(VALUES)
            group = file.create_group("X")
            for name in ("data", "indices", "indptr"):
                group[name] = getattr(matrix, name)
            group.attrs["shape"] = matrix.shape
            group.attrs["encoding-type"] = f"{kind}_matrix"
        if form == "old":
            file["var"] = np.array(
                [(x,) for x in (b"a", b"b", b"c", b"d")], dtype=[("index", "S1")]
            )
        else:
            variables = file.create_group("var")
            variables.attrs["_index"] = "gene"
            variables["gene"] = [b"a", b"b", b"c", b"d"]
    found = read(str(tmp_path / "a.h5ad"))
    np.testing.assert_array_equal(found.values, VALUES)
    assert found.names == tuple("abcd")


def test_parquet_where_its_reader_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and more PAR1")
    frame = pd.DataFrame(VALUES, columns=list("abcd"))

    def missing(_: Any) -> pd.DataFrame:
        raise ImportError

    monkeypatch.setattr(pd, "read_parquet", missing)
    with pytest.raises(rl.DomainError, match="needs a reader of parquet: pip install pyarrow"):
        read(str(tmp_path / "a.parquet"))
    monkeypatch.setattr(pd, "read_parquet", lambda _: frame)
    assert read(str(tmp_path / "a.parquet")).names == tuple("abcd")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.npy", b"not an array", "cannot be read as a table of numbers"),
        ("a.npy", np.ones(3), r"must hold a table of rows x columns, got shape \(3,\)"),
        ("a.npy", np.ones((3, 2), complex), "must hold real numbers, got complex128"),
        ("a.npy", np.ones((0, 2)), r"must hold rows and columns, got shape \(0, 2\)"),
        ("a.npz", {"a": VALUES, "b": VALUES}, r"it holds several arrays \(a, b\)"),
        ("a.mtx", b"%%MatrixMarket nonsense", "cannot be read as a table"),
        ("a.h5ad", b"\x89HDF\r\n\x1a\n broken", "cannot be read as a table"),
        ("a.parquet", b"junk", "parquet|table"),
    ],
)
def test_what_is_no_table(name: str, content: Any, says: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if isinstance(content, dict):
        np.savez(path, **content)
    elif isinstance(content, np.ndarray):
        np.save(path, content)
    else:
        path.write_bytes(content)
    with pytest.raises(rl.DomainError, match=says):
        read(str(path))

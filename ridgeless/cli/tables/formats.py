"""Files that hold arrays: .npy, .npz, .parquet, .h5ad, .mtx."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.cli.tables.content import NUMPY
from ridgeless.errors import DomainError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["array", "frame", "is_array"]

HDF5 = b"\x89HDF"
PARQUET = b"PAR1"


def is_array(path: str, content: bytes) -> bool:
    """Whether a file holds arrays, by its content or its name."""
    starts = (NUMPY, PARQUET, HDF5, b"PK\x03\x04", b"%%MatrixMarket")
    suffixes = (".npy", ".npz", ".parquet", ".h5ad", ".h5", ".mtx")
    return content.startswith(starts) or Path(path).suffix in suffixes


def array(path: str, content: bytes) -> NDArray[Any]:
    """Return the array of a .npy or .npz file, of any shape and type.

    Raises
    ------
    DomainError
        If it is damaged, or holds several arrays of which none is the table.
    """
    try:
        found = np.load(io.BytesIO(content), allow_pickle=False)
        if isinstance(found, np.ndarray):
            return found
        with found:
            if "format" in found.files:  # of scipy.sparse
                from scipy.sparse import load_npz

                return np.asarray(load_npz(io.BytesIO(content)).toarray())
            tables = [name for name in found.files if found[name].ndim == 2]
            if len(found.files) == 1 or len(tables) == 1:
                return np.asarray(found[(tables or found.files)[0]])
            names = ", ".join(found.files)
    except (EOFError, UnicodeError, ValueError, OSError, zipfile.BadZipFile, KeyError) as error:
        raise DomainError(f"{path} cannot be read as a table of numbers: {error}") from None
    raise DomainError(
        f"{path} must hold one table, but it holds several arrays ({names:.200}): save one alone"
    )


def frame(path: str, content: bytes) -> pd.DataFrame:
    """Return the table of a file of arrays, with the names of its columns if it has them."""
    import pandas as pd

    if content.startswith(PARQUET) or path.endswith(".parquet"):
        return _parquet(path, content)
    if content.startswith(HDF5) or path.endswith((".h5ad", ".h5")):
        return _h5ad(path, content)
    if content.startswith(b"%%MatrixMarket") or path.endswith(".mtx"):
        return _matrix_market(path, content)
    values = array(path, content)
    if values.dtype.names:
        return pd.DataFrame({name: values[name] for name in values.dtype.names})
    if values.ndim != 2:
        raise DomainError(f"{path} must hold a table of rows x columns, got shape {values.shape}")
    if values.dtype.kind not in "iufb":
        raise DomainError(f"{path} must hold real numbers, got {values.dtype}")
    return pd.DataFrame(values)


def _parquet(path: str, content: bytes) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_parquet(io.BytesIO(content))
    except ImportError:
        raise DomainError(f"{path} needs a reader of parquet: pip install pyarrow") from None
    except (OSError, ValueError) as error:
        raise DomainError(f"{path} cannot be read as a table: {error}") from None


def _matrix_market(path: str, content: bytes) -> pd.DataFrame:
    import pandas as pd
    from scipy.io import mmread

    try:
        found: Any = mmread(io.BytesIO(content))
    except (OSError, ValueError) as error:
        raise DomainError(f"{path} cannot be read as a table: {error}") from None
    values = np.asarray(found.toarray() if hasattr(found, "toarray") else found)
    if values.dtype.kind not in "iuf":
        raise DomainError(f"{path} must hold real numbers, got {values.dtype}")
    return pd.DataFrame(values)


def _h5ad(path: str, content: bytes) -> pd.DataFrame:
    import pandas as pd

    try:
        import h5py
    except ModuleNotFoundError:
        raise DomainError(f"{path} needs a reader of HDF5: pip install h5py") from None
    try:
        with h5py.File(io.BytesIO(content)) as file:
            if "X" not in file:
                names = ", ".join(file)
                raise DomainError(
                    f"{path} must hold a table X, as .h5ad does; it holds {names:.200}"
                )
            values = _matrix(file["X"])
            return pd.DataFrame(values, columns=_variables(file, values.shape[1]))
    except (OSError, KeyError, ValueError) as error:
        if isinstance(error, DomainError):
            raise
        raise DomainError(f"{path} cannot be read as a table: {error}") from None


def _matrix(stored: Any) -> NDArray[Any]:
    if hasattr(stored, "shape"):
        return np.asarray(stored[:])
    from scipy import sparse

    parts = tuple(stored[name][:] for name in ("data", "indices", "indptr"))
    shape = stored.attrs.get("shape", stored.attrs.get("h5sparse_shape"))
    form = stored.attrs.get("encoding-type", stored.attrs.get("h5sparse_format", b"csr"))
    form = form.decode() if isinstance(form, bytes) else str(form)
    kind = sparse.csc_array if "csc" in form else sparse.csr_array
    return np.asarray(kind(parts, shape=None if shape is None else tuple(shape)).toarray())


def _variables(file: Any, width: int) -> list[str] | None:
    """Return the names of the columns of X."""
    if "var" not in file:
        return None
    variables = file["var"]
    if hasattr(variables, "dtype"):  # of anndata before 0.7
        names = variables.dtype.names or ()
        key = next((name for name in names if name in ("index", "_index")), None)
    else:
        key = variables.attrs.get("_index", "_index")
        key = key.decode() if isinstance(key, bytes) else key
        key = key if key in variables else None
    if key is None:
        return None
    found = [x.decode() if isinstance(x, bytes) else str(x) for x in variables[key][:]]
    return found if len(found) == width else None

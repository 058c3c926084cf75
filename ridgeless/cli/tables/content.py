"""What is in a file: unpacked bytes, and text whatever its encoding."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
import zlib
from pathlib import Path

from ridgeless.errors import DomainError

__all__ = ["as_text", "unpacked"]

NUMPY = b"\x93NUMPY"
#: First bytes of what is no table of text, and what helps.
FOREIGN = {
    b"PAR1": "parquet",
    b"\x89HDF": "hdf5",
    b"\xd0\xcf\x11\xe0": "an Excel workbook: save its sheet as CSV",
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"Obj\x01": "Avro: save it as CSV or parquet",
    b"ARROW1": "Arrow or feather: save it as CSV or parquet",
}
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def unpacked(path: str) -> bytes:
    """Return the content of a file, out of .gz, .bz2, .xz or a .zip with one file in it.

    Raises
    ------
    DomainError
        If it is damaged, empty, or a .zip with several files; a missing one raises OSError.
    """
    content = Path(path).read_bytes()
    for _ in range(3):  # a table in an archive in an archive, and no more
        try:
            inside = _opened(content, path)
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile,
                NotImplementedError, RuntimeError) as error:  # fmt: skip
            if isinstance(error, DomainError):
                raise
            raise DomainError(f"{path} cannot be read as a table: {error}") from None
        if inside is None:
            break
        content = inside
    if not content.strip():
        raise DomainError(f"{path} is empty")
    return content


def _opened(content: bytes, path: str) -> bytes | None:
    if content.startswith(b"\x1f\x8b"):
        return gzip.decompress(content)
    if content.startswith(b"BZh"):
        return bz2.decompress(content)
    if content.startswith(b"\xfd7zXZ\x00"):
        return lzma.decompress(content)
    if not content.startswith(b"PK\x03\x04"):
        return None
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [x for x in archive.namelist() if not x.endswith("/") and "__MACOSX" not in x]
        if names and all(name.endswith(".npy") for name in names):
            return None  # .npz
        if "[Content_Types].xml" in names:
            raise DomainError(f"{path} is an Excel workbook: save its sheet as CSV")
        if len(names) != 1:
            shown = ", ".join(names)
            raise DomainError(
                f"{path} must hold one file to be read, got {len(names)} ({shown:.200}): unpack it"
            )
        return archive.read(names[0])


def as_text(content: bytes, path: str) -> tuple[str, str]:
    """Return the text of a file and its encoding, "" if that is UTF-8.

    By its mark, else UTF-8 if that fits, UTF-16 if every other byte is zero, else Windows-1252.
    """
    for start, what in FOREIGN.items():
        if content.startswith(start):
            raise DomainError(f"{path} is no text but {what}")
    for mark, name in MARKS:
        if content.startswith(mark):
            try:
                return content.decode(name), "" if name == "utf-8-sig" else name
            except UnicodeDecodeError as error:
                raise DomainError(f"{path} cannot be read as {name}: {error.reason}") from None
    sample = content[:4000]
    zeros = sample[0::2].count(0), sample[1::2].count(0)
    if max(zeros) > len(sample) // 4 > 0 and min(zeros) == 0:
        name = "utf-16-be" if zeros[0] else "utf-16-le"
        try:
            return content.decode(name), name
        except UnicodeDecodeError:
            pass
    if b"\0" in sample:
        raise DomainError(
            f"{path} cannot be read as a table: it is neither text nor .npy, .npz, .parquet, "
            ".h5ad or .mtx"
        )
    try:
        return content.decode("utf-8"), ""
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace"), "Windows-1252"

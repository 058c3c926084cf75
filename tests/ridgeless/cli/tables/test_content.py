"""Files in archives and encodings."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest

import ridgeless as rl
from ridgeless.cli.tables.content import as_text, unpacked


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "1,2\n")
    return out.getvalue()


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", ""), ("utf-8-sig", ""), ("utf-16", "utf-16"), ("utf-16-be", "utf-16-be"),
     ("utf-16-le", "utf-16-le"), ("utf-32", "utf-32"), ("cp1252", "Windows-1252")],
)  # fmt: skip
def test_the_encoding_is_found(encoding: str, said: str) -> None:
    text = "größe,b\n1,2\n"
    assert as_text(text.encode(encoding), "t.csv") == (text, said)


def test_archives_in_archives(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(gzip.compress(zipped("t.csv", "__MACOSX/t.csv", "d/")))
    assert unpacked(str(tmp_path / "t.csv")) == b"1,2\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (gzip.compress(b"1,2\n" * 99, mtime=0)[:-12], "cannot be read as a table"),
        (b"\x1f\x8bnothing", "cannot be read as a table"),
        (b"BZhnothing", "cannot be read as a table"),
        (b"PK\x03\x04 broken", "cannot be read as a table"),
        (zipped("a.csv", "b.csv"), r"must hold one file to be read, got 2 \(a.csv, b.csv\)"),
        (zipped("[Content_Types].xml", "a.xml"), "is an Excel workbook: save its sheet as CSV"),
    ],
)
def test_what_cannot_be_unpacked(content: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(rl.DomainError, match=says):
        unpacked(str(tmp_path / "t.csv"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"%PDF-1.7", "is no text but a PDF"),
        (b"\0\1\2\3" * 9, "neither text nor .npy"),
        (b"\xff\xfea", "cannot be read as utf-16"),
    ],
)
def test_what_is_no_text(content: bytes, says: str) -> None:
    with pytest.raises(rl.DomainError, match=says):
        as_text(content, "t.csv")

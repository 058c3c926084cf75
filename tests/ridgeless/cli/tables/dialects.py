"""Tables written in any dialect, as hypothesis draws them."""

import bz2
import csv
import gzip
import io
import lzma
import zipfile
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

PACKED = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252")
HEADERS = (
    "none", "words", "mixed", "count", "years", "wavelengths", "places", "comment", "short",
    "index",
)  # fmt: skip


@dataclass(frozen=True)
class Written:
    """A table, and how it was written."""

    values: np.ndarray
    names: tuple[str, ...]
    delimiter: str
    decimal: str
    header: str
    encoding: str
    newline: str
    quoted: bool
    suffix: str
    packed: str
    gaps: bool

    def content(self) -> bytes:
        out = io.StringIO()
        quoting = csv.QUOTE_ALL if self.quoted else csv.QUOTE_MINIMAL
        write = csv.writer(
            out, delimiter=self.delimiter, lineterminator=self.newline, quoting=quoting
        )
        if self.header == "comment":
            out.write("# made by a program" + self.newline)
            out.write("# " + self.delimiter.join(self.names) + self.newline)
        elif self.header == "index":
            write.writerow(["", *self.names])
        elif self.names:
            write.writerow(self.names)
        for number, row in enumerate(self.values):
            cells = [
                "NA" if np.isnan(x) else repr(float(x)).replace(".", self.decimal) for x in row
            ]
            if self.header in ("short", "index"):
                cells.insert(0, f"s{number}" if self.header == "short" else str(number))
            write.writerow(cells)
        body = out.getvalue().encode(self.encoding)
        if self.packed == ".zip":
            archive = io.BytesIO()
            with zipfile.ZipFile(archive, "w") as zipped:
                zipped.writestr("table.csv", body)
            return archive.getvalue()
        return PACKED[self.packed](body)


def names_of(kind: str, width: int) -> tuple[str, ...]:
    if kind == "none":
        return ()
    if kind in ("count", "years", "wavelengths"):
        start, step = {"count": (0, 1), "years": (1990, 1), "wavelengths": (1100, 2)}[kind]
        return tuple(str(start + step * j) for j in range(width))
    if kind == "places":
        return tuple(f"1_{10583 + j}" for j in range(width))
    if kind == "mixed":
        return tuple("1e5" if j == 1 else f"g{j}" for j in range(width))
    return tuple(f"Länge, {j} cm" if j == 0 and kind == "words" else f"x{j}" for j in range(width))


@st.composite
def tables(draw: st.DrawFn) -> Written:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.integers(3, 30)), draw(st.integers(2, 9))
    values = rng.normal(size=shape) * 10.0 ** draw(st.integers(-5, 5))
    kind = draw(st.sampled_from(("floats", "rounded", "whole")))
    if kind == "rounded":
        values = rng.normal(size=shape).round(2)
    elif kind == "whole":
        values = rng.integers(-40, 40, shape).astype(float)
    gaps = draw(st.booleans())
    if gaps:
        values[rng.random(shape) < 0.1] = np.nan
        values[-1, np.isnan(values).all(axis=0)] = 2.5  # an empty column is left out
    delimiter = draw(st.sampled_from([",", "\t", ";", "|", " "]))
    decimal = "," if delimiter != "," and draw(st.booleans()) else "."
    header = draw(st.sampled_from(HEADERS))
    return Written(
        values=values,
        names=names_of(header, shape[1]),
        delimiter=delimiter,
        decimal=decimal,
        header=header,
        encoding=draw(st.sampled_from(ENCODINGS)),
        newline=draw(st.sampled_from(["\n", "\r\n"])),
        quoted=draw(st.booleans()),
        suffix=draw(st.sampled_from([".csv", ".txt", ".dat"])),
        packed=draw(st.sampled_from([*PACKED, ".zip"])),
        gaps=gaps,
    )

"""Images as patches on a grid."""

from __future__ import annotations

import gzip
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless import DomainError
from simulations.populations import sources
from validation.datasets.tokens import Tokens, split, standardised

__all__ = ["digits", "fashion", "from_pixels", "mnist", "patches"]

FASHION = Path("/usr/share/datasets/fashion-mnist")
#: Pixels lit in fewer of the training images are left out: they have no scale in small samples.
LEAST_USED = 0.1


def digits() -> Tokens:
    """Return scikit-learn's 8 x 8 digits as 4 x 4 patches of 2 x 2 pixels."""
    pixels, labels = sources.digits()
    return from_pixels(pixels[..., None], 2, "digits", labels=labels)


def mnist() -> Tokens:
    """Return 5,000 MNIST images, averaged to 14 x 14, as 7 x 7 patches of 2 x 2 pixels."""
    pixels, labels = sources.mnist()
    return from_pixels(_averaged(pixels[..., None], 2), 2, "mnist", labels=labels)


def fashion(most: int = 12000) -> Tokens:
    """Return the first Fashion-MNIST images, averaged to 14 x 14, as patches of 2 x 2 pixels."""
    parts = []
    for name, header in (("train-images-idx3-ubyte.gz", 16), ("train-labels-idx1-ubyte.gz", 8)):
        path = FASHION / name
        if not path.exists():
            raise DomainError(
                "data of Fashion-MNIST must be installed: apt install dataset-fashion-mnist"
            )
        parts.append(np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header))
    pixels = parts[0].reshape(-1, 28, 28, 1)[:most].astype(np.float64)
    labels = parts[1][:most].astype(np.int64)
    return from_pixels(_averaged(pixels, 2), 2, "fashion", labels=labels)


def patches(side: int = 16) -> Tokens:
    """Return colour squares of `side` pixels, cut from the photographs of two packages."""
    from matplotlib.image import imread

    try:
        found = find_spec("skimage")
        import PIL  # noqa: F401
    except ModuleNotFoundError:
        found = None
    if found is None or found.origin is None:
        raise DomainError("data of photographs must be installed: pip install scikit-image pillow")
    squares = []
    for path in sorted((Path(found.origin).parent / "data").glob("*.*")):
        if path.suffix not in (".png", ".jpg", ".jpeg"):
            continue
        photo = np.asarray(imread(path), dtype=np.float64)
        if photo.ndim == 3 and photo.shape[2] == 3:
            photo = _averaged(photo[None] / max(photo.max(), 1.0), 2)[0]
            rows, columns = (size // side for size in photo.shape[:2])
            cut = photo[: rows * side, : columns * side].reshape(rows, side, columns, side, 3)
            squares.append(cut.transpose(0, 2, 1, 3, 4).reshape(-1, side, side, 3))
    if not squares:
        raise DomainError("data of photographs must be installed: pip install scikit-image pillow")
    pixels = np.concatenate(squares)
    # Blank squares come often; one in each part would be known by heart.
    first = np.unique(pixels.reshape(len(pixels), -1), axis=0, return_index=True)[1]
    return from_pixels(pixels[np.sort(first)], 4, "patches")


def from_pixels(
    pixels: NDArray[Any], patch: int, name: str, labels: NDArray[np.int64] | None = None
) -> Tokens:
    """Return images (samples, H, W, colours) as tokens of `patch` x `patch` pixels.

    A fifth of the images, always the same, is held out.
    """
    samples, height, width, colours = pixels.shape
    if height % patch or width % patch:
        raise DomainError(f"patch must divide {height} x {width} pixels of {name}, got {patch}")
    grid = (height // patch, width // patch)
    cut = pixels.reshape(samples, grid[0], patch, grid[1], patch, colours)
    values = cut.transpose(0, 1, 3, 2, 4, 5).reshape(samples, grid[0] * grid[1], -1)
    known, held = split(samples)
    train, test, used = standardised(values[known], values[held], LEAST_USED)
    parts = (None, None) if labels is None else (labels[known], labels[held])
    return Tokens(name, train, test, grid, 0, used, *parts)


def _averaged(pixels: NDArray[Any], size: int) -> NDArray[np.float64]:
    """Return images whose pixels are means over squares of `size` pixels."""
    samples, height, width, colours = pixels.shape
    rows, columns = height // size, width // size
    cut = pixels[:, : rows * size, : columns * size].reshape(
        samples, rows, size, columns, size, colours
    )
    return np.asarray(cut.mean(axis=(2, 4)), dtype=np.float64)

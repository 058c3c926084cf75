"""Runs with a known answer, as rows of a report and as lines of runs.jsonl."""

import itertools
from typing import Any

RATIOS = ("0.1", "0.15", "0.5", "0.75", "0.9")
LAWS = ("uniform:0.1:0.9", "cosine:0.1:0.9")
TESTS = ("0", "0.5", "0.3-0.7")
#: A valley with its bottom in the middle.
VALLEY = {"0.1": 0.8, "0.15": 0.7, "0.5": 0.5, "0.75": 0.7, "0.9": 0.9}
VALLEY |= {"uniform:0.1:0.9": 0.4, "cosine:0.1:0.9": 0.4}


def row(risk, width=8, n=100, ratio="0.5", seed=0, test="0", **changes):
    about = {"dataset": "digits", "model": "mlp", "width": width, "n": n, "ratio": ratio}
    about |= {"seed": seed, "equal": "steps", "steps": 100, "test_ratio": test}
    about |= {"reconstruction": risk, "easy": risk, "hard": risk, "theory": 0.5}
    return about | {"probe": 0.5, "seconds": 1.0, "tokens": 10} | changes


def rows(risk, sizes=((8, 100),), seeds=5, ratios=RATIOS + LAWS, tests=TESTS, **targets):
    """Return rows whose risks are `risk(width, n, ratio, seed)`, and easy and hard ones alike."""
    found = []
    for (width, n), ratio, seed, test in itertools.product(sizes, ratios, range(seeds), tests):
        place = {"width": width, "n": n, "ratio": ratio, "seed": seed}
        own = {name: function(**place) for name, function in targets.items()}
        found.append(row(risk(**place), test=test, **place, **own))
    return found


def valley(width, n, ratio, seed):
    """Risks of `VALLEY`, which seeds share up to a small factor."""
    return VALLEY[ratio] * (1 + 0.001 * seed)


def results(seeds=3, sizes=((8, 100),), ratios=RATIOS + LAWS, **changes):
    """Return lines of runs.jsonl with the risks of `VALLEY`."""
    found = []
    for (width, n), ratio, seed in itertools.product(sizes, ratios, range(seeds)):
        risk = valley(width, n, ratio, seed)
        risks = dict.fromkeys(TESTS, risk)
        line: dict[str, Any] = {
            "id": f"{width}-{n}-{ratio}-{seed}",
            "dataset": "digits",
            "model": "mlp",
        }
        line |= {"width": width, "n": n, "ratio": ratio, "seed": seed, "equal": "steps"}
        line |= {"steps": 100, "block": 1, "kind": "fixed", "risks": risks}
        line |= {"targets": {"easy": risks, "hard": risks}, "cross_entropy": None}
        line["components"] = [
            {"first": 1, "last": 1, "risk": 0.123456789},
            {"first": 2, "last": 3, "risk": 1.0},
        ]
        found.append(line | {"probe": 0.5, "seconds": 1.0, "tokens": 10, **changes})
    return found

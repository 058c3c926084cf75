"""What a result was made with, so that it can be made again."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = ["provenance"]

PACKAGES = ("numpy", "scipy", "numba", "joblib", "scikit-learn", "matplotlib", "distributed")


def provenance(command: str, settings: Mapping[str, Any], seconds: float | None) -> dict[str, Any]:
    """Return versions, commit, time and settings as JSON-able values.

    `seconds` is the time that the last run took, None while the first one is under way.
    """
    import ridgeless

    return {
        "command": command,
        "settings": dict(settings),
        "ridgeless": ridgeless.__version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": {name: _version(name) for name in PACKAGES},
        "finished": None if seconds is None else datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": None if seconds is None else round(seconds, 1),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _commit() -> str:
    """Return the commit of the source tree, marked if it has changed since; else 'unknown'."""
    here = Path(__file__).parent

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=here, capture_output=True, text=True, check=True, timeout=10
        )
        return done.stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "HEAD") + ("-modified" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"

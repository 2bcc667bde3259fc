"""Directories of the user that are worked out here and nowhere else."""

import os
import sys
from pathlib import Path

from shared.errors import NoHome

MODELS_VARIABLE = "PODIUM_MODELS_DIR"


def cache_directory() -> Path:
    """Return the directory of files that are slow to make again; PODIUM_CACHE_DIR overrides it.

    They are trained models, calibrations, twins of studies, environments with other versions,
    exported revisions and what Hypothesis keeps. Raises `NoHome`, an OSError: whoever can do
    without treats it as a directory that cannot be read or written.
    """
    if chosen := os.environ.get("PODIUM_CACHE_DIR"):
        return _named(chosen, "PODIUM_CACHE_DIR")
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    return _users(xdg, ".cache", "Library/Caches", "PODIUM_CACHE_DIR") / "podium"


def models_directory() -> Path:
    """Return the directory of the model registry; PODIUM_MODELS_DIR overrides it.

    Raises `NoHome`, an OSError.
    """
    if chosen := os.environ.get("PODIUM_MODELS_DIR"):
        return _named(chosen, MODELS_VARIABLE)
    xdg = os.environ.get("XDG_DATA_HOME", "")
    data = _users(xdg, ".local/share", "Library/Application Support", MODELS_VARIABLE)
    return data / "podium" / "models"


def _named(chosen: str, variable: str) -> Path:
    try:
        return Path(chosen).expanduser().resolve()
    except RuntimeError as exc:  # neither HOME nor an entry in passwd(5)
        raise NoHome(variable) from exc


def _users(xdg: str, default: str, on_macos: str, variable: str) -> Path:
    """Return a directory of the user's; `variable` is where another can be named."""
    # A relative path is invalid there, and to be ignored (XDG Base Directory Specification).
    if sys.platform != "darwin" and Path(xdg).is_absolute():
        return Path(xdg)
    if not Path(os.environ.get("HOME", "/")).is_absolute():
        raise NoHome(variable)
    try:
        return Path.home() / (on_macos if sys.platform == "darwin" else default)
    except RuntimeError as exc:
        raise NoHome(variable) from exc

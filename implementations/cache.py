"""The one cache directory of podium: trained models, calibrations, Hypothesis's examples."""

import os
import sys
from pathlib import Path


def cache_directory() -> Path:
    """Return the directory of files that are slow to make again; PODIUM_CACHE_DIR overrides it."""
    if chosen := os.environ.get("PODIUM_CACHE_DIR"):
        return Path(chosen).expanduser().resolve()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "podium"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "podium"

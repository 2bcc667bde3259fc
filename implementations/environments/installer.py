"""uv, or pip where uv is not installed, and what their failures mean."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from implementations.errors import EnvironmentNotMade

# What would lead pip or Python elsewhere; an index that is configured stays in force.
_ELSEWHERE = (
    *("PIP_DRY_RUN", "PIP_PREFIX", "PIP_PYTHON", "PIP_ROOT", "PIP_TARGET", "PIP_USER"),
    *("PYTHONHOME", "PYTHONPATH"),
)
# In what pip and uv print where no index answers.
_UNREACHABLE = re.compile(
    r"NewConnectionError|name resolution|Name or service not known|Network is unreachable|"
    r"ConnectTimeout|ConnectionRefused|Connection refused|dns error|error sending request|"
    r"Failed to fetch|ProxyError",
    re.IGNORECASE,
)
_FULL = re.compile(r"No space left on device|Disk quota exceeded", re.IGNORECASE)
_NOTHING_FITS = re.compile(
    r"No matching distribution found|Could not find a version that satisfies|No solution found|"
    r"ResolutionImpossible|conflicting dependencies"
)


class NothingFits(Exception):
    """No versions, as wheels for this Python and machine, meet all that was asked for."""


@dataclass(frozen=True)
class Installer:
    """Installs into the environment whose interpreter is `python`, by the pip of `pip_python`.

    It installs only wheels, so nothing of a package runs before it is served.
    """

    python: Path
    pip_python: str

    def install(self, *arguments: str) -> None:
        """Install; raises EnvironmentNotMade, or NothingFits."""
        only_wheels = ("--only-binary", ":all:")
        if uv := shutil.which("uv"):
            command = [uv, "pip", "install", "--quiet", "--compile-bytecode"]
            command += ["--python", str(self.python)]
        else:
            command = [*self._pip, "install", "--retries", "1"]
        _run([*command, *only_wheels, *arguments])

    def wheel_of(self, checkout: Path, folder: Path) -> Path:
        """Build the wheel of a checkout into a folder, and return it; raises EnvironmentNotMade."""
        if uv := shutil.which("uv"):
            command = [uv, "build", "--quiet", "--wheel", "--python", str(self.python)]
            _run([*command, "--out-dir", str(folder), str(checkout)])
        else:
            command = [*self._pip, "wheel", "--no-deps", "--retries", "1"]
            _run([*command, "--wheel-dir", str(folder), str(checkout)])
        return next(folder.glob("*.whl"))

    @property
    def _pip(self) -> list[str]:
        options = ("--quiet", "--disable-pip-version-check", "--no-input")
        return [self.pip_python, "-m", "pip", "--python", str(self.python), *options]


def _run(command: Sequence[str]) -> None:
    variables = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env=variables,
    )
    if done.returncode:
        said = done.stderr or done.stdout
        raise failure(said)


def failure(said: str) -> EnvironmentNotMade | NothingFits:
    """Return what an installer's failure means by what it printed."""
    if full := _FULL.search(said):
        return EnvironmentNotMade(full[0])
    if _UNREACHABLE.search(said):
        return EnvironmentNotMade("no index of packages can be reached")
    if _NOTHING_FITS.search(said):
        return NothingFits()
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    told = errors or lines or ["the installer failed and printed nothing"]
    return EnvironmentNotMade(told[-1])

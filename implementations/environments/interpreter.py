"""The interpreter of an environment, by version, name or path."""

import functools
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass

from implementations.errors import EnvironmentNotMade

LEAST = (3, 11)
TIMEOUT_S = 30
_PROBE = """
import json, sys, sysconfig
from importlib.util import find_spec
print(json.dumps([sys.executable, sys.version, sysconfig.get_config_var("EXT_SUFFIX"),
                  list(sys.version_info[:2]), find_spec("pip") is not None]))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python: its program, and all that tells its binary packages from those of another."""

    program: str
    identity: tuple[str, str]
    has_pip: bool


@functools.cache
def find_interpreter(asked: str | None) -> Interpreter:
    """Return the interpreter `3.13`, `pypy` or `/usr/bin/python3`; ours for None.

    Raises EnvironmentNotMade where there is none, or it is older than podium can run with.
    """
    if asked is None:
        program: str | None = sys.executable
    elif asked[:1].isdecimal():
        program = shutil.which(f"python{asked}") or _of_uv(asked)
    else:
        program = shutil.which(asked)
    if program is None:
        raise EnvironmentNotMade(f"there is no Python {asked!r} here")
    try:
        run = subprocess.run(
            [program, "-I", "-c", _PROBE],
            capture_output=True,
            check=True,
            timeout=TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )
        found, version, suffix, (major, minor), has_pip = json.loads(run.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as exc:
        said = (getattr(exc, "stderr", None) or b"").decode(errors="replace").strip()
        why = f" ({said.splitlines()[0]})" if said else ""
        raise EnvironmentNotMade(f"the Python {program} does not answer{why}") from exc
    if (major, minor) < LEAST:
        raise EnvironmentNotMade(f"{program} is Python {major}.{minor}, and podium needs 3.11")
    return Interpreter(found, (version, str(suffix)), has_pip)


def _of_uv(version: str) -> str | None:
    """Return an interpreter that uv has installed."""
    uv = shutil.which("uv")
    if uv is None:
        return None
    run = subprocess.run(
        [uv, "python", "find", "--no-python-downloads", version],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    return run.stdout.strip() if run.returncode == 0 else None

"""Wheels with nothing in them but their name, version and requirements, made on the spot."""

import os
import zipfile
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from implementations.environments.environment import SHARED

RUNNER = ("gunicorn",)


def make_wheel(
    folder: Path, name: str, release: str, needs: Iterable[str] = (), tag: str = "py3-none-any"
) -> None:
    """Writes a wheel into the folder."""
    info = f"{name}-{release}.dist-info"
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {release}"]
    metadata += [f"Requires-Dist: {need}" for need in needs]
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = "".join(f"{file},,\n" for file in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / f"{name}-{release}-{tag}.whl", "w") as wheel:
        for file, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(file, text)


def without_uv() -> str:
    """The PATH without the folders of uv, which has settings of its own for all this."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not Path(folder, "uv").exists())


def make_index(folder: Path) -> Mapping[str, str]:
    """Fills the folder; returns variables by which pip installs from it and nothing else.

    What podium has is there in its version and a newer one; flask in three, of which the oldest
    needs another werkzeug than podium has, and the newest fits no machine.
    """
    folder.mkdir()
    for name in (*SHARED, *RUNNER, "werkzeug"):
        make_wheel(folder, name, version(name))
        make_wheel(folder, name, "999.0")
    make_wheel(folder, "werkzeug", "1.5")
    make_wheel(folder, "flask", "2.0.1", ["werkzeug<2"])
    make_wheel(folder, "flask", "3.0.1", ["werkzeug>=2"])
    make_wheel(folder, "flask", "3.0.12", ["werkzeug>=2"])
    make_wheel(folder, "flask", "3.1.0", tag="cp39-cp39-win_amd64")
    make_wheel(folder, "flask", "4.0.0", ["werkzeug>1000"])
    return {
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": folder.as_uri(),
        "PATH": without_uv(),
    }

"""An environment of its own for each peer, in the cache, and its server while it is measured."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import requests

from benchmarks.errors import PeerOut
from benchmarks.machine.cores import pin
from benchmarks.peers.peer import SERVICES, Peer
from implementations.launching.port import reserved_port
from shared.places import cache_directory

START_TIMEOUT_S = 120.0
# Those that read and write the model, in the versions that made it.
_OF_THE_MODEL = ("scikit-learn", "numpy", "skops")


def make_environment(peer: Peer) -> Path:
    """Return a peer's environment, which pip makes where it is not there; raises `PeerOut`."""
    wanted = [*peer.packages, *(f"{name}=={version(name)}" for name in _OF_THE_MODEL)]
    directory = cache_directory() / "peers" / peer.name
    made = directory / "made-of.txt"
    if made.exists() and made.read_text().split() == wanted:
        return directory
    shutil.rmtree(directory, ignore_errors=True)
    directory.parent.mkdir(parents=True, exist_ok=True)
    install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted)
    make = (sys.executable, "-m", "venv", str(directory))
    for command in (make, (str(_python(directory)), *install)):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PeerOut(peer.name, "cannot be installed", done.stderr)
    made.write_text("\n".join(wanted))
    return directory


@contextmanager
def serving(
    peer: Peer, environment: Path, model: Path, cores: Collection[int] | None
) -> Iterator[str]:
    """Yield the URL of a peer's running server; raises `PeerOut`."""
    with TemporaryDirectory() as folder, reserved_port("127.0.0.1", None) as (_, port):
        values = {
            "services": SERVICES,
            "directory": folder,
            "programs": _python(environment).parent,
            "port": port,
        }
        variables = _variables(environment, model)
        if peer.prepare:
            command = _filled(environment, peer.prepare, values)
            done = subprocess.run(
                command, env=variables, cwd=folder, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise PeerOut(peer.name, "does not take the model", done.stderr)
        log = Path(folder) / "log"
        with log.open("w") as output:
            process = subprocess.Popen(
                _filled(environment, peer.command, values),
                env=variables,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            _wait(peer, process, f"http://127.0.0.1:{port}", log)
            if cores is not None:
                family = psutil.Process(process.pid)
                pin([one.pid for one in (family, *family.children(recursive=True))], cores)
            yield f"http://127.0.0.1:{port}{peer.path}"
        finally:
            _end(process)


def _wait(peer: Peer, process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    """Wait until something answers; whether it is right is looked at later."""
    give_up_at = time.monotonic() + START_TIMEOUT_S
    while True:
        if process.poll() is not None or time.monotonic() > give_up_at:
            raise PeerOut(peer.name, "cannot be started", log.read_text(errors="replace"))
        with suppress(requests.ConnectionError):
            if requests.post(url + peer.path, json={}, timeout=10).status_code != 503:
                return
        time.sleep(0.1)  # a server program says nowhere when it listens


def _end(process: "subprocess.Popen[bytes]") -> None:
    family = []
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        family = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    for one in family:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    process.kill()
    process.wait()


def _python(environment: Path) -> Path:
    return environment / "bin" / "python"


def _filled(environment: Path, command: Sequence[str], values: dict[str, object]) -> list[str]:
    filled = [part.format_map(values) for part in command]
    return filled if command[0].startswith("{programs}") else [str(_python(environment)), *filled]


def _variables(environment: Path, model: Path) -> dict[str, str]:
    """Return the variables of a peer's processes: one thread for linear algebra, as ours have."""
    inherited = {name: value for name, value in os.environ.items() if "PYTHON" not in name}
    return inherited | {
        "PATH": f"{environment / 'bin'}:{os.environ['PATH']}",
        "VIRTUAL_ENV": str(environment),
        "PEER_MODEL": str(model),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "BENTOML_DO_NOT_TRACK": "True",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "1",
    }

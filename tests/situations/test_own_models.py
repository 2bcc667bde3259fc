"""A user brings models of their own: made by a script outside podium, added, and put to use."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODELS = {
    "visits": ("sklearn", ()),
    "flowers": ("sklearn", ()),
    "tumours": ("compiled", ()),
    "progress": ("compiled", ("--trust", "sklearn.tree._tree.Tree")),
    "wines": ("compiled", ()),
}
TIMEOUT_S = 300


def podium(registry, *arguments):
    """What the command printed, as JSON; it has to end well."""
    done = subprocess.run(
        [sys.executable, "-m", "podium", *map(str, arguments), "--json"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
        cwd=registry.parent,
        env={**os.environ, "PODIUM_MODELS_DIR": str(registry), "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """The five models of the example, added."""
    folder = tmp_path_factory.mktemp("own models")
    script = [sys.executable, ROOT / "examples" / "own_models.py", folder / "made"]
    subprocess.run(script, check=True, timeout=TIMEOUT_S)
    for name, (engine, more) in MODELS.items():
        file, rows = (folder / "made" / f"{name}{suffix}" for suffix in (".skops", ".csv"))
        arguments = ("add", file, "--name", name, "--sample", rows, *more)
        assert podium(folder / "registry", "models", *arguments)["engine"] == engine
    return folder / "registry"


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_ones_own_is_checked_and_loaded(name, registry):
    result = podium(registry, "check", "wsgi:granian", "--model", name)
    assert result["counts"].get("failed", 0) == 0
    loaded = podium(
        registry, "load", "falcon:granian", "--model", name, "--rows", "3", "--duration", "1"
    )
    assert loaded["failures"] == {}
    assert loaded["answered"] > 0


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_model_of_ones_own_is_compared(registry):
    report = podium(
        registry,
        *("compare", "wsgi:granian", "asgi:uvicorn", "--quick", "--operations", "predict"),
        *("--model", "visits"),
    )
    assert report["comparisons"]

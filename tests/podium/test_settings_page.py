"""`docs/settings.md` has every option and every variable, and is current."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from podium.__main__ import podium
from shared.settings import Settings

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs" / "settings.md").read_text(encoding="utf-8")
PACKAGES = ("shared", "implementations", "contract_tests", "benchmarks", "reports", "podium")
READ = re.compile(
    r'environ(?:\.get\(|\[)"([A-Z_]+)"|"([A-Z_]+)" (?:not )?in os\.environ|envvar="([A-Z_]+)"'
)
FIELDS_OF_WSGI = {"HTTP_IF_NONE_MATCH", "CONTENT_LENGTH", "PATH_INFO", "REQUEST_METHOD"}


def variables_read():
    files = [CHECKOUT / "conftest.py"]
    files += [file for package in PACKAGES for file in (CHECKOUT / package).rglob("*.py")]
    found = {
        name
        for file in files
        if file.parent.name not in {"wsgi", "flask"}
        for match in READ.finditer(file.read_text(encoding="utf-8"))
        for name in match.groups()
        if name
    }
    return sorted(found - FIELDS_OF_WSGI - {"PYTEST_DISABLE_PLUGIN_AUTOLOAD"})


def test_it_is_what_the_code_says():
    """`make settings` writes it."""
    done = subprocess.run(
        [sys.executable, "-m", "podium.settings_page"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert done.stdout == PAGE


@pytest.mark.parametrize(
    "name", [*variables_read(), *(f"PODIUM_{n.upper()}" for n in Settings.model_fields)]
)
def test_each_variable_that_is_read_is_on_it(name):
    assert f"| `{name}` |" in PAGE


def test_the_ones_that_are_known_to_be_read_are_found():
    assert {"PODIUM_CACHE_DIR", "XDG_CACHE_HOME", "PODIUM_DEBUG", "CI"} <= set(variables_read())


def test_the_help_of_serve_shows_how_to_raise_the_limit_of_content():
    found = podium.get_command(click.Context(podium), "serve")
    assert "podium serve flask --content-limit 16777216" in found.get_help(click.Context(found))
    assert "| `--content-limit BYTES` |" in PAGE

"""Collection of the catalogue from the suite."""

import contextlib
import io
import os
from pathlib import Path
from typing import NoReturn, get_args

import pytest

from contract_tests.backends.base import Need
from contract_tests.backends.opening import SOURCES, Source
from contract_tests.catalogue.case import Case
from contract_tests.catalogue.numbers import order
from contract_tests.catalogue.wording import worded
from contract_tests.run.errors import SuiteBroken

SUITE = Path(__file__).parents[1]


def cases() -> tuple[Case, ...]:
    """Every case of the suite, by number; raises `SuiteBroken` where it cannot be collected."""
    collector = _Collector()
    arguments = [
        f"--rootdir={SUITE}",
        f"--confcutdir={SUITE}",
        f"--config-file={os.devnull}",
        "--import-mode=importlib",
        "--collect-only",
        "--disable-plugin-autoload",
        *("-p", "no:terminalreporter", "-p", "no:cacheprovider"),
        str(SUITE),
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        status = pytest.main(arguments, plugins=[collector])
    if status != pytest.ExitCode.OK:
        raise SuiteBroken(int(status))
    return tuple(sorted(collector.cases, key=lambda case: order(case.number)))


class _Collector:
    """The plugin that takes the cases of a backend that offers everything."""

    def __init__(self) -> None:
        self.cases: list[Case] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[SOURCES] = [Source("any-backend", frozenset(get_args(Need)), _never_opened)]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.cases = [_case(item) for item in session.items]


def _case(item: pytest.Item) -> Case:
    described = {name: str(value) for name, value in item.user_properties}
    callspec = getattr(item, "callspec", None)
    values = dict(callspec.params) if callspec is not None else {}
    values.pop("backend", None)
    words = worded(getattr(item, "obj", None).__doc__, described["case"], values)
    needs = {need for mark in item.iter_markers("needs") for need in mark.args}
    return Case(
        number=described["number"],
        section=described["section"],
        case=described["case"],
        title=words.title,
        sends=words.sends,
        wants=words.wants,
        sentences=tuple(described["holds"].split()),
        needs=tuple(sorted(needs)),
    )


def _never_opened() -> NoReturn:
    raise NotImplementedError("a catalogue is read, and nothing is run")

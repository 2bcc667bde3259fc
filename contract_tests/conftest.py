"""Pytest's options and fixtures of the suite, and the choice of the cases for each backend."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

import pytest

from contract_tests.backends import selection
from contract_tests.backends.base import Backend, Need
from contract_tests.backends.guarded import Guardable, Guarded
from contract_tests.backends.opening import CHOICE, SKIPPED, SOURCES, OneOpen, Source
from contract_tests.catalogue.choice import ALL_CASES, Choice
from contract_tests.catalogue.errors import UnknownSentence
from contract_tests.catalogue.numbers import SECTIONS, current_numbers
from contract_tests.catalogue.wording import title_of
from contract_tests.contract.allowed import allowance
from contract_tests.contract.sentences import SENTENCE_BY_ID
from contract_tests.errors import ContractTestsError
from contract_tests.http.messages import get
from contract_tests.run.failure_message import skipped_need, skipped_section
from implementations.errors import ImplementationsError
from reports.check.results import Reason
from shared.errors import SharedError

SUITE = Path(__file__).parent
_SHOWN_BYTES = 300
_NEEDS: frozenset[Need] = frozenset(get_args(Need))


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("contract", "the backends that the contract is tested on")
    group.addoption(
        "--stack",
        action="append",
        default=[],
        metavar="STACK",
        help="launch this stack, such as flask:gunicorn, and test it; `all` for every one; "
        "may be repeated; without --stack and --url: every implementation in process",
    )
    group.addoption(
        "--url",
        action="append",
        default=[],
        metavar="URL",
        help="test the backend that answers at this address; may be repeated",
    )
    group.addoption(
        "--entry",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="add the implementation in this folder, which has app.py and entry.toml; may be "
        "repeated",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "holds(id, …): sentences of the contract that a test holds")
    config.addinivalue_line("markers", "needs(what, …): what a case needs of a backend")
    if SOURCES not in config.stash:
        config.stash[SOURCES] = _chosen(config)


def _chosen(config: pytest.Config) -> Sequence[Source]:
    """The backends that the options name."""
    stacks, urls = config.getoption("--stack"), config.getoption("--url")
    extra = config.getoption("--entry")
    try:
        chosen = selection.stacks(stacks, extra) + selection.urls(urls)
        return chosen or selection.in_process(extra)
    except (ContractTestsError, ImplementationsError, SharedError) as exc:
        raise pytest.UsageError(str(exc)) from exc


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the files of sections of which no case is chosen."""
    choice = config.stash.get(CHOICE, ALL_CASES)
    of_suite = collection_path.parent == SUITE / "suite" and collection_path.stem.startswith(
        "test_"
    )
    return (of_suite and not choice.takes_of(_section(collection_path))) or None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend" in metafunc.fixturenames:
        held = _held_by_cases(metafunc)
        chosen = [
            source
            for source in metafunc.config.stash[SOURCES]
            if source.only is None or source.only & held
        ]
        names = [source.name for source in chosen]
        metafunc.parametrize("backend", chosen, ids=names, indirect=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Drop the cases that a backend cannot be asked, describe the others, and group by backend."""
    choice = config.stash.get(CHOICE, ALL_CASES)
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        source = _source(item)
        if source is None:
            (dropped if item.path.is_relative_to(SUITE) else kept).append(item)
        elif _is_chosen(item, source, choice):
            _describe(item, source)
            reason = _skip_reason(item, source, choice)
            if reason is not None:
                item.stash[SKIPPED] = reason
            (kept if reason is None else dropped).append(item)
        else:
            dropped.append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
    # In any order of the tests, each backend is opened once, and one at a time.
    names = dict.fromkeys(map(_backend_name, kept))
    order_of = {name: number for number, name in enumerate(names)}
    items[:] = sorted(kept, key=lambda item: order_of[_backend_name(item)])


@pytest.fixture(scope="session")
def one_open() -> Iterator[OneOpen]:
    """Hold the backend that is open."""
    opened = OneOpen()
    yield opened
    opened.close()


@pytest.fixture
def backend(request: pytest.FixtureRequest, one_open: OneOpen) -> Iterator[Backend]:
    """The backend under test."""
    opened = one_open.open(request.param)
    opened.record.clear()
    described = dict(request.node.user_properties)
    name = f"{described['number']} {described['case']}".strip()
    with opened.case(name, request.node.originalname):
        yield opened


@pytest.fixture
def guarded(backend: Guardable) -> Guarded:
    """The backend's twin with its guard on."""
    return backend.guarded()


@pytest.fixture
def key(guarded: Guarded) -> str:
    """A key of the test's own, with which it may send `LIMIT` requests."""
    return guarded.unused_key()


@pytest.fixture
def spent_key(guarded: Guarded, key: str) -> str:
    """A key with which no more requests are to be admitted."""
    guarded.use_up(key, get("/api/count"))
    return key


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Add the exchanges to the report of a test that failed."""
    report: pytest.TestReport = yield  # type: ignore[assignment]  # pluggy sends the result in
    opened = getattr(item, "funcargs", {}).get("backend")
    if report.when == "call" and report.failed and isinstance(opened, Backend):
        lines = [f"sent {_short(w.sent)}\ngot {_short(w.received)}" for w in opened.record.wires()]
        report.sections.append(("Exchange", "\n".join(lines)))
    return report  # type: ignore[return-value]


def _short(data: bytes) -> str:
    more = f" and {len(data) - _SHOWN_BYTES} bytes more" if len(data) > _SHOWN_BYTES else ""
    return f"{data[:_SHOWN_BYTES]!r}{more}"


def _source(item: pytest.Item) -> Source | None:
    callspec = getattr(item, "callspec", None)
    found = callspec.params.get("backend") if callspec is not None else None
    return found if isinstance(found, Source) else None


def _held_by_cases(metafunc: pytest.Metafunc) -> frozenset[str]:
    """Return the sentences that a test holds, each case of its tables included."""
    tables = metafunc.definition.iter_markers("parametrize")
    rows = [row for table in tables for row in table.args[1]]
    marks = [mark for row in rows for mark in getattr(row, "marks", ()) if mark.name == "holds"]
    ids = frozenset(sentence_id for mark in marks for sentence_id in mark.args)
    return ids | _marked(metafunc.definition, "holds")


def _is_chosen(item: pytest.Item, source: Source, choice: Choice) -> bool:
    """Whether the run is about this case on this backend."""
    asked = source.only is None or bool(source.only & _marked(item, "holds"))
    return asked and choice.takes(_section(item.path), _number(item, source))


def _skip_reason(item: pytest.Item, source: Source, choice: Choice) -> Reason | None:
    """Return the reason why a case that was chosen is not run; None where it is."""
    if choice.leaves_out(_section(item.path)):
        return skipped_section(_section(item.path))
    missing = (_NEEDS - source.offers) & _marked(item, "needs")
    return skipped_need(min(missing)) if missing else None


def _backend_name(item: pytest.Item) -> str:
    source = _source(item)
    return "" if source is None else source.name


def _marked(item: pytest.Item, name: str) -> frozenset[str]:
    """Return the arguments of all marks of this name, those of the test and the module included."""
    return frozenset(value for mark in item.iter_markers(name) for value in mark.args)


def _describe(item: pytest.Item, source: Source) -> None:
    """Note backend, section, case and sentences, so that reports can be grouped by them."""
    holds = _marked(item, "holds")
    for sentence_id in holds - SENTENCE_BY_ID.keys():
        raise pytest.UsageError(str(UnknownSentence(item.nodeid, sentence_id)))
    case = case_name(item.name, source.name)
    item.user_properties += [
        ("backend", source.name),
        ("number", _number(item, source)),
        ("section", _section(item.path)),
        ("case", case),
        ("title", title_of(getattr(item, "obj", None).__doc__, case)),
        ("holds", " ".join(sorted(holds))),
    ]
    if (allowed := allowance(case, source.traits)) is not None:
        item.add_marker(pytest.mark.xfail(reason=allowed.reason, strict=True))


def _section(path: Path) -> str:
    """Return the section; some cases of a large section are in `test_SECTION_….py`."""
    name = path.stem.removeprefix("test_")
    return next((known for known in SECTIONS if f"{name}_".startswith(f"{known}_")), name)


def _number(item: pytest.Item, source: Source) -> str:
    """The case's number in the catalogue; empty where it was not given one yet."""
    return current_numbers().number_of(_section(item.path), case_name(item.name, source.name))


def case_name(item_name: str, backend_name: str) -> str:
    """A test's name without the backend: `test_text_is_refused[nan]`."""
    name, _, parameters = item_name.partition("[")
    rest = re.sub(
        rf"(^|-){re.escape(backend_name)}(?=-|$)", "", parameters.removesuffix("]"), count=1
    )
    rest = rest.removeprefix("-")
    return f"{name}[{rest}]" if rest else name

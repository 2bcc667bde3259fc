"""The parts of a check's pages, and how two recordings are compared."""

import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest

from contract_tests.run.comparison import compare
from reports.check.results import CaseResult, Reason, ReasonKind, SuiteResult, WireBytes
from reports.console import Console
from reports.pages.badge import badge
from reports.pages.check import html
from reports.pages.check_report import make_report
from reports.pages.check_terminal import print_result
from reports.pages.difference import side_by_side
from reports.pages.failure_kinds import KINDS
from reports.pages.junit import junit
from reports.pages.repeat.target import target_of
from reports.pages.wire_text import readable

NOT_OPENED = Reason("not_opened", "http://x:1 could not be tested: gone", {"error": "gone"})
NASTY = '</script><b>"\x00\x1b[31m&|`'


def result(backend="flask:gunicorn", outcome="passed", number="1.1.1", **facts):
    return CaseResult(
        backend=backend,
        number=number,
        section="json_in",
        case=f"test_x[{number}]",
        title="A title",
        sentences=("a.b",),
        outcome=outcome,
        **facts,
    )


def report(*results, not_opened=None):
    suite = SuiteResult(results, not_opened or {})
    return make_report(suite, datetime(2026, 1, 2, tzinfo=UTC), target_of)


@pytest.mark.parametrize(
    ("expected", "actual", "marked"),
    [
        ("a", "a", []),
        ("200\nx: 1\n\nbody", "200\nx: 2\n\nbody", ["1", "2"]),
        ("a\nb", "a", ["b"]),
        ("", "a", ["", "a"]),
        ("abcdef", "abef", ["cd", ""]),
        ("aaa", "aa", ["a", ""]),
        ("x" * 5000 + "1" + "y" * 5000, "x" * 5000 + "2" + "y" * 5000, ["1", "2"]),
    ],
)
def test_what_differs_is_marked(expected, actual, marked):
    pairs = side_by_side(expected, actual)
    lines = [line for pair in pairs for line in pair if line is not None]
    assert [part.text for line in lines for part in line if part.differs] == marked
    assert all(len("".join(part.text for part in line)) < 1000 for line in lines)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"GET / HTTP/1.1\r\n\r\nZo\xc3\xab", "GET / HTTP/1.1\n\nZoë"),
        (b"a\nb\rc\x00\xff", "a\\nb\\rc\\x00\\xff"),
        (b"", ""),
    ],
)
def test_bytes_are_readable(data, text):
    assert readable(data.decode("latin-1"), len(data)) == text


def test_many_bytes_are_shown_in_part():
    data = "a" * 5000 + "b" * 5000
    assert readable(data, 10_000).endswith("b")
    assert "8,600 bytes" in readable(data, 10_000)
    assert readable(data, 2_000_000).endswith("1,999,300 bytes more")


def test_pages_escape_what_they_show():
    wire = WireBytes(f"GET /{NASTY} HTTP/1.1\r\n\r\n".encode(), NASTY.encode())
    seen = result(
        outcome="failed",
        reason=Reason("assertion", NASTY, {"message": NASTY}),
        expected="a",
        actual=NASTY,
        exchanges=(wire,),
    )
    page = html(report(seen))
    assert "</script><b>" not in page
    assert page.count("<script>") == 1
    assert "\x00" not in page
    assert ET.fromstring(junit(SuiteResult((seen,), {}))) is not None


def test_all_passed_is_told_so():
    good = report(result(), result("falcon:granian"))
    assert good.passed
    assert "1 case on 2 backends: the contract is kept" in html(good)
    assert "What failed" not in html(good)
    assert "2 passed" in badge(SuiteResult((result(), result("b")), {}))


def test_a_backend_that_was_not_opened_is_told():
    suite = SuiteResult((), {"http://x:1": NOT_OPENED})
    made = make_report(suite, datetime(2026, 1, 2, tzinfo=UTC), target_of)
    for text in (html(made), junit(suite)):
        assert "could not be tested: gone" in text
    assert made.not_checked["http://x:1"].facts == {"error": "gone"}
    assert "not checked" in badge(suite)
    assert ET.fromstring(junit(suite))[0].attrib["errors"] == "1"


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        (Reason("comparison", "assert a == b", {"asserted": "a == b"}), ""),
        (
            Reason("assertion", "it is\nassert a", {"message": "it is", "asserted": "a"}),
            "it is",
        ),
        (Reason("silent", "no answer", {"waited_s": 1.0}), "no answer"),
        (Reason("assertion", "Failed: odd", {"error": "Failed: odd"}), "Failed: odd"),
    ],
)
def test_beside_two_sides_stands_what_the_assertion_itself_says(reason, message):
    """Not its source and values, which say the same as the sides."""
    assert reason.message == message
    seen = result(outcome="failed", reason=reason, expected="a", actual="b")
    assert report(seen).not_passed[0].message == message
    assert (f"<p>{message}</p>" in html(report(seen))) == bool(message)


def test_reasons_are_grouped():
    seen = [
        result(backend, "skipped", number, reason=Reason("skipped_need", "needs a socket"))
        for backend in ("a:b", "c:d")
        for number in ("1.1.1", "1.1.2")
    ]
    (row,) = [line for line in html(report(*seen)).splitlines() if "needs a socket" in line]
    assert "<summary>2</summary>" in row
    assert row.endswith("<td>a:b, c:d</td></tr>")


def failing(kinds, sections=("json_in", "guard"), each=40):
    """Many cases that failed, in each section in all of these ways."""
    return [
        replace(
            result(
                outcome="failed",
                number=f"{number}.{kind_number}.{case}",
                reason=Reason(kind, f"it was {kind}"),
                exchanges=(WireBytes(b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"),),
            ),
            section=section,
            case=f"test_{section}_{kind}[{case}]",
        )
        for number, section in enumerate(sections, 1)
        for kind_number, kind in enumerate(kinds, 1)
        for case in range(each)
    ]


def test_of_many_failures_the_first_of_each_kind_is_open():
    """Each section is a link, and says how many of its cases failed in which way."""
    page = html(report(*failing(("comparison", "silent"))))
    assert re.findall(r'<a href="#failed-(\w+)">', page) == ["json_in", "guard"]
    assert re.findall(r'<section id="failed-(\w+)"', page) == ["json_in", "guard"]
    assert page.count('<details class="failure"') == 160
    opened = re.findall(r'<details class="failure"[^>]* open>\s*<summary>.*?>([\d.]+)<', page)
    assert opened == ["1.1.0", "1.2.0"]
    assert (
        re.findall(r"<h4>(.*?) <span", page)
        == [
            "another answer than wanted",
            "no whole answer in time",
        ]
        * 2
    )
    assert page.count("80 cases</span>") == 2
    assert page.count("40 cases</span>") == 4


def test_every_kind_of_failure_has_words():
    """Those with which no case fails or errs have none."""
    unfailing = {kind for kind in get_args(ReasonKind) if kind.startswith(("skipped", "allowed"))}
    assert set(KINDS) == set(get_args(ReasonKind)) - unfailing - {"not_opened"}


def printed(suite, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    console = Console(io.StringIO())
    print_result(suite, console, target_of)
    return console.file.getvalue()


def test_the_terminal_groups_failures_by_kind(monkeypatch):
    suite = SuiteResult(tuple(failing(("comparison", "silent"), each=4)), {})
    text = printed(suite, 80, monkeypatch)
    kinds = [line for line in text.splitlines() if line.endswith(" cases")]
    assert kinds == ["another answer than wanted: 8 cases", "no whole answer in time: 8 cases"]
    assert text.count("✗ ") - text.count("after ✗ ") == 16


def test_of_very_many_failures_no_kind_is_left_out(monkeypatch):
    text = printed(SuiteResult(tuple(failing(("comparison", "silent"))), {}), 80, monkeypatch)
    assert "another answer than wanted: 80 cases" in text
    assert text.count("  … and 39 cases more of this test") == 4


def test_of_more_tests_than_are_shown_each_kind_has_its_first(monkeypatch):
    sections = tuple(f"s{number}" for number in range(30))
    suite = SuiteResult(tuple(failing(("comparison", "silent", "backend_lost"), sections, 1)), {})
    text = printed(suite, 80, monkeypatch)
    told = re.findall(r"✗ (?:\S+) test_s\d+_(\w+)\[", text)
    assert len(told) == 20
    assert set(told) == {"comparison", "silent", "backend_lost"}
    assert "… and 70 failed cases more" in text


@pytest.mark.parametrize("width", [30, 40, 80, 120, 200])
def test_neither_matrix_nor_caption_is_cut(width, monkeypatch):
    """Fourteen backends, whose columns stand below each other where they do not fit."""
    backends = [f"{one}:{server}" for one in ("falcon-asgi", "flask") for server in "abcdefg"]
    suite = SuiteResult(tuple(result(name) for name in backends), {})
    lines = printed(suite, width, monkeypatch).splitlines()
    assert "…" not in "".join(lines)
    assert "passed; after ✗ failed, ! undecided, ≈ allowed to differ, – skipped" in lines
    assert sum(line.split().count("1") for line in lines) >= len(backends)
    assert all(len(line) <= max(width, 80) for line in lines)


def recorded(received, backend="a", outcome="passed", sent=b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"):
    return CaseResult(
        backend=backend,
        number="1.1.1",
        section="s",
        case="test_x",
        title="T",
        outcome=outcome,
        exchanges=(WireBytes(sent, received),),
    )


def answer(content, *fields, status=200):
    lines = "".join(f"{field}\r\n" for field in (f"Content-Length: {len(content)}", *fields))
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n{content}".encode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (answer('{"count":9}'), answer('{"count":1234}')),
        (answer("a", "Retry-After: 5"), answer("a", "Retry-After: 17")),
        (answer("a", "Date: then", "Server: x"), answer("a", "Date: now")),
        (answer("[0.30000000000000004]"), answer("[0.3]")),
    ],
)
def test_what_may_differ_by_right_is_alike(old, new):
    other = recorded(new, "b", sent=b"GET / HTTP/1.1\r\nHost: y:80\r\n\r\n")
    comparison = compare([recorded(old)], [other])
    assert comparison.differences == ()
    assert comparison.compared == 1


@pytest.mark.parametrize(
    "new",
    [
        answer("a", status=201),
        answer("b"),
        answer("a", "Cache-Control: no-store"),
        answer("a") + answer("a"),
        answer("a")[:-1],
        b"",
    ],
)
def test_another_answer_is_a_difference(new):
    (found,) = compare([recorded(answer("a"))], [recorded(new)]).differences
    assert found.backend == "a"
    assert found.old != found.new


def test_another_outcome_is_a_difference():
    same = answer("a")
    (found,) = compare([recorded(same)], [recorded(same, outcome="failed")]).differences
    assert (found.old, found.new) == ("passed", "failed")


def test_backends_are_paired_by_name():
    old = [recorded(answer("a"), "a"), recorded(answer("b"), "b")]
    comparison = compare(old, [recorded(answer("a"), "b"), recorded(answer("a"), "c")])
    assert [found.backend for found in comparison.differences] == ["b"]
    assert comparison.only_one == ("a: test_x", "c: test_x")

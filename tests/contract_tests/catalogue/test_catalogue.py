"""Every case has a number that stays, and says what it sends, what it wants and why."""

import dataclasses
import json
import subprocess
import sys

import pytest

from contract_tests.catalogue.case import Case, document, lines
from contract_tests.catalogue.choice import Choice
from contract_tests.catalogue.errors import UnknownCases, UnknownSection
from contract_tests.catalogue.numbers import FILE, SECTIONS, Numbers, current_numbers, read_numbers
from contract_tests.catalogue.wording import worded
from contract_tests.contract.expected import MALFORMED, NO_READ_METHOD, invalid
from contract_tests.http.messages import Expected, Request, get, post

DO_THIS = "run `make catalogue` and commit what it writes"
COLLECT = """
import dataclasses, json
from contract_tests.catalogue.collection import cases
print(json.dumps([dataclasses.asdict(case) for case in cases()]))
"""


@pytest.fixture(scope="session")
def catalogue() -> list[Case]:
    """All cases, collected by a pytest of their own."""
    done = subprocess.run(
        [sys.executable, "-c", COLLECT], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    fields = [
        {name: tuple(value) if isinstance(value, list) else value for name, value in case.items()}
        for case in json.loads(done.stdout)
    ]
    return [Case(**case) for case in fields]


def test_every_case_has_a_number(catalogue):
    assert [case.case for case in catalogue if not case.number] == [], DO_THIS


def test_there_are_at_least_300_cases(catalogue):
    """Texts of JSON among them count as at most 20."""
    texts = [case for case in catalogue if case.section == "json_in"]
    assert len(catalogue) - len(texts) + min(len(texts), 20) >= 300


def test_the_numbers_are_those_of_the_suite(catalogue):
    """Numbers of cases that are no more are listed as retired."""
    numbers = current_numbers().updated_for((case.section, case.case) for case in catalogue)
    assert FILE.read_text("utf-8") == numbers.text(), DO_THIS


def test_no_number_is_given_twice():
    numbers = current_numbers()
    given = [*numbers.live.values(), *numbers.retired.values()]
    assert len(set(given)) == len(given)
    for (section, _), number in numbers.live.items():
        assert number.startswith(f"{SECTIONS[section]}.")


@pytest.mark.parametrize("said", ["title", "sends", "wants", "sentences"])
def test_every_case_says(catalogue, said):
    """In its test's docstring, see `contract_tests.catalogue.wording`, and by its marks."""
    assert [case.case for case in catalogue if not getattr(case, said)] == []


def test_cases_can_be_told_apart(catalogue):
    """By name, and none by a name that pytest made from its place in a table."""
    names = {(case.section, case.case) for case in catalogue}
    assert len(names) == len(catalogue)
    invented = {f"{parameter}{n}" for n in range(50) for parameter in ("request_", "rows", "sent")}
    assert [case.case for case in catalogue if set(case.id.split("-")) & invented] == []


OLD = Numbers(
    {
        ("http", "test_a[x]"): "10.1.1",
        ("http", "test_a[y]"): "10.1.2",
        ("http", "test_b"): "10.2.1",
    },
    {("http", "test_a[z]"): "10.1.3", ("http", "test_c"): "10.3.1"},
)


@pytest.mark.parametrize(
    ("key", "number"),
    [
        (("http", "test_a[new]"), "10.1.4"),
        (("http", "test_new"), "10.4.1"),
        (("http", "test_c[new]"), "10.3.2"),
        (("http", "test_a[z]"), "10.1.3"),
        (("counter", "test_new"), "2.1.1"),
    ],
)
def test_a_new_case_has_a_number_that_was_never_given(key, number):
    """Whatever its place; one that comes back has its own again."""
    for keys in ([*OLD.live, key], [key, *reversed(OLD.live)]):
        new = OLD.updated_for(keys)
        assert new.live == {**OLD.live, key: number}
        assert new.retired.items() <= OLD.retired.items()


def test_a_case_that_is_no_more_keeps_its_number():
    new = OLD.updated_for([("http", "test_b")])
    assert new.live == {("http", "test_b"): "10.2.1"}
    assert {**new.live, **new.retired} == {**OLD.live, **OLD.retired}


def test_numbers_are_read_as_they_were_written():
    odd = {("json_in", "test_a[b'\"\\x00\\\\ ü']"): "4.1.1", ("json_in", "test_a[b]"): "4.1.10"}
    numbers = Numbers({**OLD.live, **odd}, OLD.retired)
    assert read_numbers(numbers.text()) == numbers


def test_a_section_without_a_number_is_told():
    with pytest.raises(UnknownSection, match=r"'gravity'.*numbers\.py"):
        OLD.updated_for([("gravity", "test_a")])


@pytest.mark.parametrize(
    ("choice", "takes"),
    [
        (Choice(), {"4.1.1", "4.1.10", "4.2.1", "10.1.1"}),
        (Choice(sections=("json_in",)), {"4.1.1", "4.1.10", "4.2.1"}),
        (Choice(sections=("10",)), {"10.1.1"}),
        (Choice(cases=("4.1",)), {"4.1.1", "4.1.10"}),
        (Choice(cases=("4.1.1",)), {"4.1.1"}),
        (Choice(cases=("4.2",), sections=("http",)), {"4.2.1", "10.1.1"}),
        (Choice(without=("http",)), {"4.1.1", "4.1.10", "4.2.1", "10.1.1"}),
    ],
)
def test_a_choice_takes_what_it_names(choice, takes):
    sections = {"4.1.1": "json_in", "4.1.10": "json_in", "4.2.1": "json_in", "10.1.1": "http"}
    choice.check(sections)
    assert {
        number for number, section in sections.items() if choice.takes(section, number)
    } == takes
    assert {section for section in sections.values() if choice.takes_of(section)} == {
        sections[number] for number in takes
    }


def test_a_section_can_be_left_out():
    assert Choice(without=("4", "http")).leaves_out("json_in")
    assert Choice(without=("4", "http")).leaves_out("http")
    assert not Choice(without=("4", "http")).leaves_out("json_out")


@pytest.mark.parametrize(
    "choice",
    [
        Choice(sections=("json",)),
        Choice(without=("99",)),
        Choice(cases=("4.1.2",)),
        Choice(cases=("4.",)),
        Choice(cases=("",)),
    ],
)
def test_a_choice_of_what_there_is_not_is_told(choice):
    with pytest.raises(UnknownCases, match="podium check --list"):
        choice.check(["4.1.1", "4.1.20"])


DOCSTRING = """It is refused.

    A remark.

    Sends: POST {path} of {content}
      at once
    Wants: {status} and nothing else.
    """


def test_a_case_is_worded_by_its_docstring_and_its_values():
    words = worded(DOCSTRING, "test_a[x]", {"path": "/p", "content": b"\x00\xff", "status": 400})
    assert words.title == "It is refused: x"
    assert words.sends == r"POST /p of \x00\xff at once"
    assert words.wants == "400 and nothing else"


@pytest.mark.parametrize(
    ("request_", "sends"),
    [
        (get("/a"), "GET /a"),
        (post("/a", b"{}"), "POST /a of {}"),
        (post("/a", b"{}").in_chunks(), "POST /a of {} in chunks"),
        (Request("POST", "/a", (), b"x"), "POST /a of x with no Content-Type"),
        (get("/a", ("Accept", "b" * 30)), "GET /a with Accept: b(×30)"),
    ],
)
def test_a_request_among_the_values_says_what_is_sent(request_, sends):
    assert worded("It is.", "test_a", {"request_": request_}).sends == sends


@pytest.mark.parametrize(
    ("expected", "wants"),
    [
        (MALFORMED, "400 malformed_json"),
        (NO_READ_METHOD, "405 method_not_allowed; Allow: GET, HEAD, OPTIONS"),
        (invalid(("/a", "b")), '422 invalid_content [{"pointer":"/a","detail":"b"}]'),
        (Expected(204, {"Allow": "GET"}), "204 without content; Allow: GET"),
        (Expected(200, {}, b"x"), "200 x"),
    ],
)
def test_an_expected_answer_among_the_values_says_what_is_wanted(expected, wants):
    assert worded("It is.", "test_a", {"expected": expected}).wants == wants


LISTED = Case(
    "4.1.1", "json_in", "test_a[x]", "It: x", "GET /", "200", ("json-in.utf-8",), ("socket",)
)


def test_a_list_shows_each_case_with_its_reason():
    other = dataclasses.replace(LISTED, number="4.1.2")
    first, *rest = lines([LISTED, other])
    assert first == "4 json_in"
    assert rest[:4] == [
        "  4.1.1 It: x",
        "    sends GET /",
        "    wants 200",
        "    why   json-in.utf-8: Content is UTF-8. (RFC 8259 section 8.1)",
    ]
    assert rest[4] == "  4.1.2 It: x"


def test_a_list_for_programs_says_as_much():
    assert document([LISTED]) == [
        {
            "number": "4.1.1",
            "section": "json_in",
            "case": "test_a[x]",
            "title": "It: x",
            "sends": "GET /",
            "wants": "200",
            "why": [
                {
                    "sentence": "json-in.utf-8",
                    "text": "Content is UTF-8.",
                    "rfc": "RFC 8259 section 8.1",
                }
            ],
            "needs": ["socket"],
        }
    ]

"""The page for people: well-formed, self-contained, complete."""

from html.parser import HTMLParser

import pytest

from shared.contract import ROUTES
from shared.openapi.document import build_document
from shared.openapi.page import build_docs, to_html
from tests.shared.openapi_tree import ALL_PROBLEMS, described, resolve

DOCUMENT = build_document(1000, described(4)).document
PAGE = build_docs(DOCUMENT).decode()
SECTIONS = PAGE.split("<h2 ")[1:]
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Reader(HTMLParser):
    """Collects the text and the attributes, and fails at a tag that is not closed in its place."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.attributes = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def page():
    reader = Reader()
    reader.feed(PAGE)
    reader.close()
    assert reader.open == []
    return reader


def test_the_page_is_html_in_utf_8():
    assert PAGE.startswith("<!doctype html>\n")
    assert '<meta charset="utf-8">' in PAGE
    assert len(PAGE) < 20_000


def test_the_page_refers_to_nothing_outside(page):
    for sign in ("://", "//", "url(", "@import", "<script", "src="):
        assert sign not in PAGE
    links = {value for name, value in page.attributes if name == "href"}
    anchors = [value for name, value in page.attributes if name == "id"]
    assert links <= {f"#{anchor}" for anchor in anchors}
    assert len(set(anchors)) == len(anchors) > len(ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_the_page_has_each_path_with_its_methods_and_statuses(route):
    (section,) = [each for each in SECTIONS if f"<code>{route.path}</code></h2>" in each]
    for method in route.methods:
        assert method in section
    main = "post" if "POST" in route.methods else "get"
    for status, response in DOCUMENT["paths"][route.path][main]["responses"].items():
        assert f">{status}</th>" in section
        assert to_html(resolve(response)["description"]) in section
    assert f"curl $URL{route.path}" in section
    assert ("under the guard" in section.lower().replace('<a href="#guard">', "")) == route.counted


def test_the_page_shows_examples_as_they_are_sent(page):
    for sent in (
        '{"instances":[[5.1,5.1,5.1,5.1]]}',
        '{"name":"Alice","letter_count":5}',
        """-d '{"name":"Alice"}'""",
    ):
        assert sent in page.text


@pytest.mark.parametrize("problem", ALL_PROBLEMS, ids=lambda problem: problem.code)
def test_the_page_lists_every_problem_once(problem):
    (section,) = [each for each in SECTIONS if "Problems</h2>" in each]
    (row,) = [row for row in section.split("<tr ") if f'id="{problem.code}"' in row]
    assert f">{problem.status}</th>" in row
    assert to_html(problem.detail) in row
    assert "<code>Cache-Control</code>" in section.partition("<table")[0]
    for name in problem.header_fields().keys() - {"Content-Type", "Cache-Control"}:
        assert f"<code>{name}</code>" in row


def test_the_page_tells_of_the_guard(page):
    assert 'curl $URL/api/count -H "Authorization: Bearer $KEY"' in page.text


def test_the_page_tells_of_the_limits():
    (section,) = [each for each in SECTIONS if "Limits</h2>" in each]
    cells = [cell.partition("<")[0] for cell in section.split("<td>")[1:]]
    assert cells == ["1,000 bytes", "1 to 1,024", "4", "20"]
    assert "as the model has features" in build_docs(build_document(1000, None).document).decode()


def test_what_the_document_says_is_escaped():
    hostile = {
        **DOCUMENT,
        "info": {"title": '<b>&"', "summary": "<script>", "description": "`<i>` & done"},
    }
    text = build_docs(hostile).decode()
    assert "<script>" not in text
    assert "<b>" not in text
    assert "<code>&lt;i&gt;</code> &amp; done" in text

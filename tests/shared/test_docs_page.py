"""The page for people: well-formed, self-contained, complete."""

from html import escape
from html.parser import HTMLParser

import pytest

from shared.contract import ROUTES
from shared.docs_page import build_docs
from shared.openapi import build_document

DOCUMENT = build_document(1000).document
PAGE = build_docs(DOCUMENT).decode()
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
    links = [value for name, value in page.attributes if name == "href"]
    anchors = [value for name, value in page.attributes if name == "id"]
    assert links == [f"#{anchor}" for anchor in anchors]
    assert len(set(anchors)) == len(ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_the_page_has_each_path_with_its_methods_and_statuses(route):
    start = PAGE.index("<h2 id=", PAGE.index(f"</span> <code>{route.path}</code></h2>") - 200)
    section = PAGE[start:].split("<h2")[1]
    assert f"<code>{route.path}</code></h2>" in section
    for method in route.methods:
        assert method in section
    main = "post" if "POST" in route.methods else "get"
    for status, response in DOCUMENT["paths"][route.path][main]["responses"].items():
        assert f"<th>{status}</th>" in section
        assert escape(response["description"], quote=False) in section


def test_the_page_shows_examples(page):
    assert '{"instances": [[5.1, 3.5, 1.4, 0.2]]}' in page.text
    assert '{"name": "Alice", "letter_count": 5}' in page.text


def test_what_the_document_says_is_escaped():
    hostile = {
        **DOCUMENT,
        "info": {"title": '<b>&"', "summary": "<script>", "description": "`<i>` & done"},
    }
    text = build_docs(hostile).decode()
    assert "<script>" not in text
    assert "<b>" not in text
    assert "<code>&lt;i&gt;</code> &amp; done" in text

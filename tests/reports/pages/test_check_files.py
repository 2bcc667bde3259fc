"""What `podium check` writes: pages, JSON with its schema, JUnit, a badge, a recording."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from contract_tests.backends.services import ready_service
from reports.pages.check_report import schema_text
from tests.contract_tests.http.gateways import Gateway, TlsFront
from tests.contract_tests.wrong_backends.mutation import mutated, on_answer, path, saying

SCHEMA = Path(__file__).parents[3] / "reports" / "pages" / "check.schema.json"
SECRET = "let-me-in-4711"


def check(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "podium", "check", *arguments],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A check over TLS, behind a prefix and a key, of a backend that gives the key back."""
    directory = tmp_path_factory.mktemp("run")
    telling = on_answer(path("/"), lambda answer: saying(f"key {SECRET}".encode(), answer))
    gateway = Gateway(mutated(telling)(ready_service()), field=("X-Key", SECRET))
    front = TlsFront(int(gateway.url.rpartition(":")[2]))
    front.authority.cert_pem.write_to_path(directory / "ca.pem")
    url = f"{front.url}/v1"
    fields = tmp_path_factory.mktemp("secret") / "fields.txt"
    fields.write_text(f"X-Key: {SECRET}\n\n")
    try:
        done = check(
            *("--url", url, "--header", f"@{fields}"),
            *("--ca-file", str(directory / "ca.pem")),
            *("--section", "guard", "--section", "problems"),
            *("--out", str(directory / "out"), "--record", str(directory / "record.jsonl")),
        )
    finally:
        front.close()
        gateway.close()
    return done, directory, url


def test_only_what_is_wrong_fails(run):
    done, directory, url = run
    assert done.returncode == 1, done.stdout + done.stderr
    assert "[404-root]" in done.stdout
    document = json.loads((directory / "out" / "check.json").read_text())
    wrong = [seen for seen in document["not_passed"] if seen["outcome"] != "skipped"]
    assert [seen["case"] for seen in wrong] == ["test_problem_is_told_in_full[404-root]"]
    assert [seen["kind"] for seen in wrong] == ["comparison"]
    assert document["backends"] == [url]
    assert document["counts"]["passed"] > 40
    assert not document["passed"]


def test_no_secret_is_written_anywhere(run):
    """Though it was sent with every request, and the backend gave it back."""
    done, directory, _ = run
    files = [file for file in directory.rglob("*") if file.name != "ca.pem" and file.is_file()]
    assert {file.name for file in files} == {
        *("check.html", "check.json", "junit.xml", "badge.svg", "record.jsonl"),
    }
    for text in [done.stdout, done.stderr, *(file.read_text() for file in files)]:
        assert "4711" not in text
    assert "key ‹hidden›" in (directory / "out" / "check.html").read_text()


def test_the_json_keeps_its_schema(run):
    document = json.loads((run[1] / "out" / "check.json").read_text())
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
    assert len(document["cases"]) == sum(document["counts"].values())
    assert len(document["not_passed"]) == len(document["cases"]) - document["counts"]["passed"]


def test_the_published_schema_is_made_from_the_code():
    """`podium schema check > reports/pages/check.schema.json` writes it."""
    assert SCHEMA.read_text() == schema_text()


def test_each_failure_can_be_repeated(run):
    """With the prefix, the authority, and a variable in place of the key."""
    _, directory, url = run
    document = json.loads((directory / "out" / "check.json").read_text())
    (wrong,) = [seen for seen in document["not_passed"] if seen["outcome"] == "failed"]
    again = wrong["exchanges"][-1]["repeat"]
    assert again["kind"] == "curl"
    assert f"--cacert {directory}/ca.pem" in again["text"]
    assert again["text"].endswith(f'-H "X-Key: $X_KEY" {url}/')
    assert "$X_KEY" in (directory / "out" / "check.html").read_text()


class Page(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.outcomes, self.boxes = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append(tag)
        self.addresses += [attributes[n] for n in ("src", "href", "action") if n in attributes]
        self.outcomes += attributes.get("data-outcomes", "").split()
        if attributes.get("type") == "checkbox":
            self.boxes.append(attributes["value"])


def test_the_page_needs_nothing_from_outside(run):
    text = (run[1] / "out" / "check.html").read_text()
    page = Page(text)
    assert all(address.startswith("#") for address in page.addresses)
    assert {"link", "img", "iframe"}.isdisjoint(page.tags)
    assert "@import" not in text
    assert "url(" not in text
    assert "prefers-color-scheme: dark" in text
    assert set(page.boxes) == {"passed", "failed", "error", "allowed", "skipped"}
    assert {"passed", "failed", "skipped"} <= set(page.outcomes)
    assert "<mark>" in text


def test_junit_and_badge_say_the_same(run):
    directory = run[1] / "out"
    counts = json.loads((directory / "check.json").read_text())["counts"]
    suite = ET.parse(directory / "junit.xml").getroot()[0]
    assert suite.attrib["failures"] == str(counts["failed"])
    assert suite.attrib["skipped"] == str(counts["skipped"])
    assert len(suite.findall("testcase")) == sum(counts.values())
    badge = ET.parse(directory / "badge.svg").getroot()
    title = badge.find("{http://www.w3.org/2000/svg}title").text
    assert title == f"podium contract: 1 of {counts['passed'] + 1} failed"
    assert not re.search(r"href|url\(http", (directory / "badge.svg").read_text())


def test_a_recording_is_compared_with_another(run, tmp_path):
    """Alike with itself; different where one answer is another."""
    old = run[1] / "record.jsonl"
    done = check("--compare", str(old), str(old))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all answered alike" in done.stdout
    new = tmp_path / "new.jsonl"
    new.write_text(old.read_text().replace('"not_found\\",', '"gone\\",', 1))
    assert new.read_text() != old.read_text()
    done = check("--compare", str(old), str(new))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "≠ 6." in done.stdout
    assert "gone" in done.stdout

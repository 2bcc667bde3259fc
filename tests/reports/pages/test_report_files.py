"""The files: the same study gives the same bytes, JSON keeps its schema, HTML needs nothing."""

import json
import re
import resource
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console

from reports.analysis.analysis import analyse
from reports.errors import ReportNotWritten
from reports.pages.charts import axes, comparison_pictures
from reports.pages.report_json import report_json, schema, schema_text
from reports.pages.study import html, markdown, tables
from reports.pages.terminal import render
from reports.wording.report import worded
from reports.write import default_directory, write_report
from tests.reports.simulated import (
    CLOSED,
    OPEN,
    OPERATIONS,
    change_slices,
    encode,
    simulate,
    with_solo,
    write,
)

SCHEMA = Path(__file__).parents[3] / "reports" / "pages" / "report.schema.json"
FLASK = "flask:gunicorn"
HEADINGS = ("Caveats", "Numbers", "How it was measured", "To repeat it")


class Page(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.charts, self.headings = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append(tag)
        self.addresses += [attributes[n] for n in ("src", "href", "action") if n in attributes]
        if "data-chart" in attributes:
            self.charts.append(attributes)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))


@pytest.fixture(scope="module")
def study():
    """One stack is disqualified and one limited, so that each kind of row is there."""
    study = simulate(operations=OPERATIONS, blocks=4, rounds=5)
    study = change_slices(study, lambda s: s.label == FLASK, failures={"wrong_content": 1})
    return change_slices(
        study,
        lambda s: s.label == "falcon:gunicorn" and s.operation == "count",
        generator_cpu_s=0.95,
    )


@pytest.fixture(scope="module")
def report(study):
    return worded(analyse(study))


@pytest.fixture(scope="module")
def page(report):
    return html(report)


def test_the_same_file_gives_the_same_bytes(study, tmp_path):
    write(study, tmp_path / "s.study")
    once, again = (write_report(tmp_path / "s.study", tmp_path / name) for name in "ab")
    for name in ("html", "markdown", "json"):
        assert getattr(once, name).read_bytes() == getattr(again, name).read_bytes()
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == [
        "digests.txt",
        "report.html",
        "report.json",
        "report.md",
    ]


def test_the_report_goes_beside_its_study():
    assert default_directory(Path("a b/2025.study")) == Path("a b/2025")
    assert default_directory(Path("a b/2025")) == Path("a b/2025-report")


def test_json_keeps_its_schema(report):
    document = json.loads(report_json(report))
    jsonschema.Draft202012Validator(schema()).validate(document)


def test_the_schema_refuses_what_is_wrong(report):
    document = json.loads(report_json(report))
    del document["comparisons"][0]["standings"][0]["label"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema()).validate(document)


def test_the_published_schema_is_current():
    """`podium schema report > reports/pages/report.schema.json` writes it."""
    assert SCHEMA.read_text(encoding="utf-8") == schema_text()


def test_json_names_units(report):
    metrics = json.loads(report_json(report))["comparisons"][0]["standings"][0]["metrics"]
    assert {"requests_per_s", "response_p99_us", "server_cpu_us_per_request"} <= set(metrics)
    assert set(metrics["requests_per_s"]) == {"value", "low", "high", "least"}


def test_json_has_no_number_for_a_stack_without_a_place(report):
    standings = json.loads(report_json(report))["comparisons"][0]["standings"]
    (excluded,) = [s for s in standings if s["label"] == FLASK]
    assert excluded["exclusion"]["kind"] == "wrong_answers"
    assert "wrong_content" in excluded["exclusion"]["sentence"]
    assert set(excluded["metrics"].values()) == {None}


def test_the_page_has_no_reference_to_anything_outside(page):
    """No element loads anything, and the browser is told to refuse whatever would.

    Links go to other parts of the page only.
    """
    found = Page(page)
    assert all(address.startswith("#") for address in found.addresses)
    assert not {"link", "iframe", "object", "embed", "img", "base"} & set(found.tags)
    assert "default-src 'none'" in page
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_the_pages_own_text_names_no_address(page):
    start = page.index("<script>")
    end = page.index("</script>", start)
    assert "http" not in re.sub(r"http-equiv", "", page[:start] + page[end:])


def test_each_chart_has_a_specification_and_a_description(page):
    found = Page(page)
    text = re.search(r'<script type="application/json" id="charts">(.*?)</script>', page, re.S)
    specs = json.loads(text.group(1))
    assert [int(chart["data-chart"]) for chart in found.charts] == list(range(len(specs)))
    # Four for each operation, and memory.
    assert len(specs) == 4 * 3 + 1
    assert all(chart["aria-label"] for chart in found.charts)


def test_the_pages_headings_are_in_order(page):
    headings = Page(page).headings
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(headings))


def test_text_from_a_study_is_not_markup(study):
    """What a server answered may be in the report, as text."""
    evil = "</script><script>alert(1)</script>"
    gates = tuple(
        replace(gate, passed=False, failures=(evil,)) if gate.label == FLASK else gate
        for gate in study.gates
    )
    poisoned = worded(analyse(replace(study, gates=gates)))
    assert evil not in html(poisoned)
    assert "&lt;script&gt;" in html(poisoned)
    assert "<script>" not in markdown(poisoned)


@pytest.mark.parametrize("make", [html, markdown])
def test_pages_begin_with_the_verdict_and_go_on_with_caveats(report, make):
    text = make(report)
    first = text.index("Which stack serves faster?")
    places = [text.index(word, first) for word in HEADINGS]
    verdict = text.index(report.comparisons[2].headline, first)
    assert first < verdict < places[0]
    assert places == sorted(places)
    assert report.command in text


def test_markdown_tables_are_regular(report):
    """Every row of a table has as many cells as its heading."""
    cells = None
    for line in markdown(report).splitlines():
        bars = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else None
        assert bars is None or line.endswith("|")
        assert None in (cells, bars) or cells == bars
        cells = bars


def test_the_terminal_shows_verdicts_caveats_and_all_stacks(report):
    console = Console(width=120, file=StringIO())
    console.print(render(report))
    text = console.file.getvalue()
    for comparison in report.comparisons:
        assert comparison.headline in text
    assert "Caveats" in text
    assert text.count(FLASK) >= 3
    assert "≥" in text


def test_the_tables_fit_an_old_terminal(report):
    """80 columns: nothing is cut and no quantity is broken over two lines."""
    console = Console(width=80, file=StringIO())
    console.print(render(report))
    text = console.file.getvalue()
    assert "…" not in text
    cpu = tables.standings(report.comparisons[0], report.margin_ratio).rows[0][-1].text
    assert any(line.rstrip().endswith(cpu) for line in text.splitlines())


@pytest.fixture(scope="module")
def both_loops():
    """A study as the engine makes it: closed and open loop, one block of solo slices."""
    study = simulate(operations=("count",), shapes=(CLOSED, OPEN), blocks=5, slice_s=0.5)
    study = change_slices(
        study,
        lambda s: (s.label, s.shape) == (FLASK, OPEN.name),
        answered=400,
        unsent=100,
        histogram=encode([600], [400]),
    )
    return worded(analyse(with_solo(study, {"fastapi:uvicorn": 1.2})))


def test_an_engine_study_is_told_in_every_form(both_loops):
    """Only such a study has lower times, saturation, unsent requests and solo ratios."""
    console = Console(width=80, file=StringIO())
    console.print(render(both_loops))
    page, text = html(both_loops), markdown(both_loops)
    terminal = " ".join(console.file.getvalue().split())
    for words in (
        "% lower and its p90",
        "was saturated",
        "could not be sent",
        "Interleaving changes",
    ):
        assert words in terminal
        assert words in text
        assert words.replace(" %", "\N{NO-BREAK SPACE}%") in page
    jsonschema.Draft202012Validator(schema()).validate(json.loads(report_json(both_loops)))
    assert "| solo |" in text
    for number in range(2):
        comparison = both_loops.comparisons[number]
        pairs = tables.pairs(comparison, both_loops.section_confidence)
        assert [len(row) for row in pairs.rows] == [len(pairs.columns)] * len(pairs.rows)


def test_a_stated_time_is_in_the_table_and_its_default_ten_medians(tmp_path):
    """The best stack's median is about 380 µs."""
    write(simulate(operations=("count",), shapes=(OPEN,), blocks=4, slice_s=0.5), tmp_path / "s")
    for stated_s, title in ((None, "later than 3.80 ms"), (0.0015, "later than 1.50 ms")):
        report = write_report(tmp_path / "s", tmp_path / "out", stated_s).report
        columns = tables.standings(report.comparisons[0], report.margin_ratio).columns
        assert title in [column.title for column in columns]


def test_a_time_that_late_starts_leave_open_is_marked():
    study = simulate(operations=("count",), shapes=(OPEN,), blocks=4, slice_s=0.5)
    late = change_slices(
        study, lambda s: s.label == FLASK, lag_histogram=encode([2, 300], [300, 200])
    )
    report = worded(analyse(late))
    rows = tables.standings(report.comparisons[0], report.margin_ratio).rows
    marked = {row[0].text: [cell.text[:1] == "≤" for cell in row[3:5]] for row in rows}
    assert marked[FLASK] == [True, True]
    assert marked["falcon:gunicorn"] == [False, False]


def test_an_open_loop_has_its_charts(both_loops):
    """Ratios, CPU, and response times counted from when due and from when sent."""
    pictures = comparison_pictures(both_loops, both_loops.comparisons[1], axes(both_loops))
    assert [picture.title for picture in pictures] == [
        "Ratio to the first",
        "Server CPU a request",
        "Response times",
    ]
    data = json.dumps(pictures[-1].spec)
    assert "from due" in data
    assert "from sent" in data


def test_a_directory_that_cannot_be_written_is_named(study, tmp_path):
    write(study, tmp_path / "s.study")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ReportNotWritten, match=re.escape(str(tmp_path / "file" / "out"))):
        write_report(tmp_path / "s.study", tmp_path / "file" / "out")


def test_a_full_disk_leaves_the_former_report(study, tmp_path):
    """Files of more than a few bytes fail as on a full disk; the kernel says so."""
    write(study, tmp_path / "s.study")
    before = write_report(tmp_path / "s.study", tmp_path / "out").json.read_bytes()
    (tmp_path / "out" / "report.html").write_text("former")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(ReportNotWritten, match=r"report\.html"):
            write_report(tmp_path / "s.study", tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "out" / "report.html").read_text() == "former"
    assert (tmp_path / "out" / "report.json").read_bytes() == before
    assert len(list((tmp_path / "out").iterdir())) == 4

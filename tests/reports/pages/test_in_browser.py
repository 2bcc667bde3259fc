"""The pages in a real browser: marks, filters, keyboard, paper, a narrow screen, accessibility."""

import json
import sys
from importlib.resources import files

import pytest

from reports.analysis.analysis import analyse
from reports.pages.check import html as check_html
from reports.pages.study import html
from reports.wording.report import worded
from tests.browser import Browser
from tests.programs import need
from tests.reports.odd_studies import ODD
from tests.reports.pages.test_check_pages import failing
from tests.reports.pages.test_check_pages import report as check_report

FLASK = "flask:gunicorn"
DRAWN = "document.querySelectorAll('[data-chart] svg').length"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if sys.platform != "linux":
        pytest.skip("only Linux has Chromium as a program on the path")
    need("chromium")
    with Browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="module")
def report():
    return worded(analyse(ODD["default"]()))


@pytest.fixture(scope="module")
def url(report, tmp_path_factory):
    path = tmp_path_factory.mktemp("a page") / "report.html"
    path.write_text(html(report), encoding="utf-8")
    return path.as_uri()


def opened(browser, url, **how):
    """The page, with all its charts."""
    page = browser.open(url, **how)
    page.wait_for(f"{DRAWN} === document.querySelectorAll('[data-chart]').length")
    return page


@pytest.fixture(scope="module")
def page(browser, url):
    """A page that tests only look at."""
    return opened(browser, url)


def test_a_page_loads_nothing_and_says_nothing_on_the_console(page, url):
    requests = [event["request"]["url"] for event in page.events("Network.requestWillBeSent")]
    assert {one for one in requests if not one.startswith(("data:", "about:"))} == {url}
    assert page.said() == []


def test_each_chart_has_its_marks(page, report):
    """A point for each stack in the chart of ratios, a bar for each in that of CPU time."""
    stacks = len(report.overview.rows)
    for title, marks in (("Ratio to the first", "symbol"), ("Server CPU a request", "rect")):
        count = page.evaluate(
            "[...document.querySelectorAll('figure')].filter(one => one.querySelector('figcaption')"
            f".textContent === {json.dumps(title)}).map(one =>"
            f" one.querySelectorAll('.role-mark.mark-{marks} path[aria-label]').length)"
        )
        assert count == [stacks] * len(report.comparisons)


def test_the_first_screen_answers_the_four_questions(page):
    page.evaluate("scrollTo(0, 0)")
    for part in (".lead", ".overview tbody tr:last-child", ".leads li:last-child"):
        below = page.evaluate(f"document.querySelector('{part}').getBoundingClientRect().bottom")
        assert 0 < below <= 800, part


def test_hidden_stacks_and_an_order_survive_a_reload(browser, url):
    """They stand in the address, so that it can be handed on."""
    page = opened(browser, url)
    page.evaluate(f"document.querySelector('input[value=\"{FLASK}\"]').click()")
    page.evaluate("[...document.querySelectorAll('.overview .sort')][1].click()")
    page.evaluate("[...document.querySelectorAll('.overview .sort')][1].click()")
    asked = (
        "JSON.stringify([location.hash, [...document.querySelectorAll('.overview tbody tr')]"
        ".map(row => [row.dataset.stacks, row.hidden]),"
        " [...document.querySelectorAll('tr[data-stacks]')].filter(row => !row.hidden &&"
        f" row.dataset.stacks.includes('{FLASK}')).length,"
        " [...document.querySelectorAll('.overview [aria-sort=descending]')].length])"
    )
    before = json.loads(page.evaluate(asked))
    page.load("Page.reload")
    after = json.loads(page.evaluate(asked))
    other = json.loads(opened(browser, url.split("#")[0] + before[0]).evaluate(asked))
    assert before == after == other
    assert "hide=flask" in before[0]
    assert [FLASK, True] in before[1]
    assert before[2:] == [0, 1]


def test_a_hidden_stack_is_in_no_chart(browser, url):
    page = opened(browser, f"{url}#hide={FLASK}")
    texts = page.evaluate(
        "[...document.querySelectorAll('[data-chart] svg')].map(one => one.textContent).join()"
    )
    assert "gunicorn" in texts
    assert "flask" not in texts


def test_pointing_at_a_pair_tells_its_verdict_and_so_does_the_keyboard(page, report):
    page.call("Page.bringToFront")
    page.evaluate("scrollTo(0, 0)")
    says = "document.querySelector('.says').textContent"
    cell = report.overview.rows[-1].cells[0]
    place = page.evaluate(
        "(() => { const box = document.querySelector('.overview tbody tr:last-child td')"
        ".getBoundingClientRect(); return [box.x + 5, box.y + 5]; })()"
    )
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=place[0], y=place[1])
    page.wait_for(f"{says} !== ''")
    assert page.evaluate(says) == f"{cell.sentence}."
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)
    page.wait_for(f"{says} === ''")
    page.evaluate("document.querySelector('.overview tbody tr:last-child a').focus()")
    told = []
    for _ in range(2):
        page.press("Tab", 9)
        told.append(page.evaluate(says))
    assert told == [f"{cell.sentence}." for cell in report.overview.rows[-1].cells[:2]]


def test_a_row_leads_to_the_command_that_repeats_its_stack(page, report):
    for number, row in enumerate(report.overview.rows):
        page.evaluate(f"document.querySelectorAll('.overview tbody a')[{number}].click()")
        assert row.command in page.evaluate("document.activeElement.textContent")


def test_charts_of_one_kind_have_equal_axes(page):
    axes = page.evaluate(
        "[...document.querySelectorAll('figure')].filter(one => one.querySelector('figcaption')"
        ".textContent === 'Response times').map(one => [...one.querySelectorAll('.role-axis')]"
        ".map(axis => axis.getAttribute('aria-label')).filter(label => label).sort().join())"
    )
    assert len(axes) > 3
    assert len(set(axes)) == 1, axes


def test_on_paper_all_is_open_and_nothing_is_cut(browser, url, tmp_path):
    page = opened(browser, url)
    page.evaluate(
        "addEventListener('beforeprint', () => { window.closedOnPaper ="
        " document.querySelectorAll('details:not([open])').length; })"
    )
    page.pdf(tmp_path / "report.pdf")
    assert page.evaluate("window.closedOnPaper") == 0
    assert page.evaluate("document.querySelectorAll('details[open]').length") == 0
    page.call("Emulation.setEmulatedMedia", media="print")
    page.call(
        "Emulation.setDeviceMetricsOverride",
        width=720,
        height=1000,
        deviceScaleFactor=1,
        mobile=False,
    )
    wide = page.evaluate(
        "[...document.querySelectorAll('svg, table, pre, p')].filter(one => one.offsetParent !== 0"
        " && one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML"
        ".slice(0, 80))"
    )
    assert wide == []


def test_a_phone_shows_the_overview_without_scrolling_sideways(browser, url):
    page = opened(browser, url, width=375, height=800)
    whole = "document.documentElement"
    assert page.evaluate(f"{whole}.scrollWidth - {whole}.clientWidth") == 0
    inner = "document.querySelector('.overview').parentElement"
    assert page.evaluate(f"{inner}.scrollWidth - {inner}.clientWidth") == 0
    cut = page.evaluate(
        "[...document.querySelectorAll('[data-chart] svg')].flatMap(svg =>"
        " [...svg.querySelectorAll('.role-axis-title text')].filter(text => {"
        " const [one, all] = [text, svg].map(part => part.getBoundingClientRect());"
        " return one.left < all.left - 1 || one.right > all.right + 1; }))"
        ".map(text => text.textContent)"
    )
    assert cut == []


AXE = (
    "axe.run({ exclude: [['[data-chart] svg']] }, { resultTypes: ['violations'] })"
    ".then(result => result.violations.map(one =>"
    " [one.impact, one.id, one.nodes.map(node => node.html.slice(0, 120))]))"
)


def serious(page):
    """What axe finds in light and in dark; a chart is one picture to it, with a description."""
    page.evaluate((files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8") + "; 0")
    found = []
    for scheme in ("dark", "light"):
        feature = {"name": "prefers-color-scheme", "value": scheme}
        page.call("Emulation.setEmulatedMedia", features=[feature])
        found += page.evaluate(AXE)
    return [one for one in found if one[0] in ("serious", "critical")]


def test_axe_finds_nothing_serious_in_a_report(page):
    assert serious(page) == []


def test_a_check_of_400_failures_is_a_page_of_links(browser, tmp_path):
    """One failure of each kind is open; a section of the matrix goes to its failures."""
    kinds = ("comparison", "broken_answer", "silent")
    failed = failing(kinds, sections=("operations", "json_in", "http", "guard"), each=34)
    (tmp_path / "check.html").write_text(check_html(check_report(*failed)), encoding="utf-8")
    page = browser.open((tmp_path / "check.html").as_uri())
    assert page.evaluate("document.querySelectorAll('.failure').length") == 408
    assert page.evaluate("document.querySelectorAll('.failure[open]').length") == len(kinds)
    assert page.evaluate("document.documentElement.scrollHeight") < 40_000
    page.evaluate("document.querySelector('a[href=\"#failed-http\"]').click()")
    assert page.evaluate("document.activeElement.id") == "failed-http"
    top = page.evaluate("document.activeElement.getBoundingClientRect().top")
    assert 0 <= top < 800
    page.evaluate("document.querySelector('input[value=failed]').click()")
    page.load("Page.reload")
    assert page.evaluate("document.querySelectorAll('.failure:not([hidden])').length") == 0
    assert serious(page) == []
    assert page.said() == []


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name == "many_stacks" else pytest.mark.long)
        for name in sorted(set(ODD) - {"default"})
    ],
)
def test_an_odd_study_is_drawn_in_silence(name, browser, tmp_path):
    (tmp_path / "report.html").write_text(html(worded(analyse(ODD[name]()))), encoding="utf-8")
    page = opened(browser, (tmp_path / "report.html").as_uri())
    assert page.said() == []

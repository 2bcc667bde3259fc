"""The files of a check: pages for people, JSON and JUnit for programs, a badge for a README."""

from pathlib import Path

from reports.check.results import SuiteResult
from reports.pages.badge import badge
from reports.pages.check import html, markdown
from reports.pages.check_report import Report, report_json
from reports.pages.junit import junit


def write_files(directory: Path, result: SuiteResult, report: Report) -> Path:
    """Writes all of them into `directory`; gives the page. Raises `OSError`."""
    files = {
        "check.html": html(report),
        "check.md": markdown(report),
        "check.json": report_json(report),
        "junit.xml": junit(result),
        "badge.svg": badge(result),
    }
    for name, text in files.items():
        write(directory / name, text)
    return directory / "check.html"


def write(path: Path, text: str) -> None:
    """Writes a file; raises an `OSError` that names it, which that of a full disk does not."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        exc.filename = str(path)
        raise

"""The files of a report: the same study file gives the same bytes."""

from dataclasses import dataclass, replace
from pathlib import Path

from reports.analysis.analysis import analyse
from reports.analysis.findings import Report
from reports.errors import ReportNotWritten
from reports.pages.report_json import report_json
from reports.study.digests import digests_text, row_digests
from reports.study.file import read_study
from reports.wording.report import worded

PAGES = ("report.html", "report.md")
FIGURES = "report.json"
DIGESTS = "digests.txt"


@dataclass(frozen=True)
class ReportPaths:
    """The report's files, and the report."""

    html: Path
    markdown: Path
    json: Path
    digests: Path
    report: Report


def default_directory(study_path: Path) -> Path:
    """Return the default directory of a study's report: beside it, named after it."""
    path = study_path if study_path.name else study_path.resolve()
    if not path.name:  # the root, which is no study
        return path
    return path.with_suffix("") if path.suffix else path.with_name(f"{path.name}-report")


def make_report(study_path: Path, late_after_s: float | None = None) -> Report:
    """Return the report of a study, with its words.

    `late_after_s` : the time after which an answer is late, where not that of the study's plan.
    Raises what `read_study` raises, and HistogramDamaged.
    """
    study = read_study(study_path)
    if late_after_s is not None:
        options = replace(study.plan.options, late_after_s=late_after_s)
        study = replace(study, plan=replace(study.plan, options=options))
    return worded(analyse(study))


def write_report(
    study_path: Path, out_directory: Path, late_after_s: float | None = None
) -> ReportPaths:
    """Write what `make_report` returns as pages and `report.json`, and the digests of all rows.

    The directory is made. Raises what `make_report` raises, and ReportNotWritten.
    """
    report = make_report(study_path, late_after_s)
    # Altair takes long to import and only pages need it.
    from reports.pages.study import html, markdown  # noqa: PLC0415

    html_path, markdown_path = (out_directory / name for name in PAGES)
    paths = ReportPaths(
        html=html_path,
        markdown=markdown_path,
        json=out_directory / FIGURES,
        digests=out_directory / DIGESTS,
        report=report,
    )
    write_whole(paths.html, html(report))
    write_whole(paths.markdown, markdown(report))
    write_whole(paths.json, report_json(report))
    write_whole(paths.digests, digests_text(row_digests(study_path)))
    return paths


def write_whole(path: Path, text: str) -> None:
    """Write all of a text or nothing: a full disk leaves the former in place.

    Raises ReportNotWritten.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_text(text, encoding="utf-8", newline="\n")
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
    except OSError as exc:
        raise ReportNotWritten(path, exc.strerror or str(exc)) from exc

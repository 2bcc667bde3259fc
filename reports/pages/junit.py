"""The results as a JUnit file, which most CI systems show."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from reports.check.results import CaseResult, Outcome, SuiteResult

# An allowed difference is not passed, and must not fail a build either.
_ELEMENTS: dict[Outcome, str] = {
    "failed": "failure",
    "error": "error",
    "allowed": "skipped",
    "skipped": "skipped",
}
# XML 1.0 section 2.2: what no document may hold, not even escaped.
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(result: SuiteResult) -> str:
    """One suite a backend, one case a case; a backend that was not opened is a suite's error."""
    root = ET.Element("testsuites", name="podium check")
    for backend in dict.fromkeys(case.backend for case in result.results):
        _add_suite(root, backend, [case for case in result.results if case.backend == backend])
    for backend, reason in result.not_opened.items():
        suite = ET.SubElement(root, "testsuite", _counts(backend, 1, 0, 1, 0))
        case = ET.SubElement(suite, "testcase", classname=backend, name="is reached")
        ET.SubElement(case, "error", message=_allowed(reason.sentence))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add_suite(root: ET.Element, backend: str, results: Sequence[CaseResult]) -> None:
    numbers = {name: sum(_ELEMENTS.get(r.outcome) == name for r in results) for name in
               ("failure", "error", "skipped")}  # fmt: skip
    counts = _counts(backend, len(results), *numbers.values())
    counts["time"] = f"{sum(result.duration_s for result in results):.3f}"
    suite = ET.SubElement(root, "testsuite", counts)
    for result in results:
        case = ET.SubElement(
            suite,
            "testcase",
            classname=f"{backend}.{result.section}",
            name=_allowed(f"{result.number} {result.case}".strip()),
            time=f"{result.duration_s:.3f}",
        )
        if result.outcome in _ELEMENTS:
            text = _allowed(_failure_text(result))
            first = text.partition("\n")[0]
            ET.SubElement(case, _ELEMENTS[result.outcome], message=first).text = text


def _failure_text(result: CaseResult) -> str:
    sentence = result.sentence
    parts = [f"{result.title}\n{sentence}" if result.outcome == "failed" else sentence]
    if result.outcome == "allowed":
        parts = [f"allowed to differ: {sentence}"]
    if result.expected or result.actual:
        parts.append(f"expected:\n{result.expected}\n\nactual:\n{result.actual}")
    return "\n\n".join(parts)


def _counts(name: str, tests: int, failures: int, errors: int, skipped: int) -> dict[str, str]:
    numbers = {"tests": tests, "failures": failures, "errors": errors, "skipped": skipped}
    return {"name": name, **{key: str(value) for key, value in numbers.items()}}


def _allowed(text: str) -> str:
    return _NO_CHARACTER.sub(lambda found: f"\\x{ord(found[0]):02x}", text)

"""Build the documentation as static pages in `docs/_site`: `make docs`.

The catalogue and the example's report are made by podium, the picture of the report by a browser,
where one is installed; a reader of the pages needs no network.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
GENERATED, PICTURES, SITE = DOCS / "_generated", DOCS / "_pictures", DOCS / "_site"
EXAMPLE = DOCS.parent / "examples" / "study.study"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MARKDOWN = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>|#"})
PICTURE_SIZE = "1280,800"
PICTURE_S = 120


def main() -> int:
    """Make what is generated, then the pages; return the exit code of sphinx-build."""
    for directory in (GENERATED, PICTURES):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
    (GENERATED / "catalogue.md").write_text("\n".join(catalogue()) + "\n", encoding="utf-8")
    report = GENERATED / "pages" / "example"
    podium("report", str(EXAMPLE), "--out", str(report))
    tags = ["-t", "pictures"] if take_picture(report / "report.html") else []
    sphinx = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-E", *tags]
    code = subprocess.run([*sphinx, str(DOCS), str(SITE)], check=False).returncode
    if not code:
        print(f"The pages are in docs/{SITE.name}/index.html")
    return code


def podium(*arguments: str) -> str:
    """Return what a command of podium prints."""
    command = [sys.executable, "-m", "podium", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def catalogue() -> Iterator[str]:
    """Yield the lines of a page with all cases of the contract suite, by their numbers."""
    cases: list[dict[str, Any]] = json.loads(podium("check", "--list", "--json"))
    yield "# The catalogue of cases"
    yield ""
    yield f"All {len(cases)} cases of the contract suite; `podium check --case NUMBER` runs one,"
    yield "and with `--list` prints what it sends and wants."
    for section, found in groupby(cases, lambda case: case["section"]):
        yield f"\n## {section}\n"
        yield "| number | case | sentences |"
        yield "|---|---|---|"
        for case in found:
            title = case["title"].translate(MARKDOWN)
            sentences = ", ".join(f"`{reason['sentence']}`" for reason in case["why"])
            yield f"| {case['number']} | {title} | {sentences} |"


def take_picture(page: Path) -> bool:
    """Take a picture of a page's first screen; return whether there is a browser to do it."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("no chromium is installed, so the pages have no picture of a report", file=sys.stderr)
        return False
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    options += [f"--window-size={PICTURE_SIZE}", f"--screenshot={PICTURES / 'report.png'}"]
    command = [browser, *options, page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=PICTURE_S)
    return True


if __name__ == "__main__":
    sys.exit(main())

"""The notebook in docs runs as it stands, and what it shows is what it gives."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOTEBOOK = json.loads((ROOT / "docs" / "study-in-pandas.ipynb").read_text(encoding="utf-8"))
# A cell shows the value of its last line.
RUN = """
import ast, sys
cell = ast.parse(sys.stdin.read())
last = ast.Expression(cell.body.pop().value)
names = {}
exec(compile(cell, "cell", "exec"), names)
print(eval(compile(last, "cell", "eval"), names))
"""


def text_of(kind):
    return ["".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == kind]


def test_the_notebook_gives_what_it_shows(tmp_path):
    """The export that it names, then its code, five lines, in a Python of its own."""
    (command,) = re.findall(r"```sh\n(.*)\n```", "\n".join(text_of("markdown")))
    program, *arguments = shlex.split(command)
    assert program == ".venv/bin/podium"
    arguments = [str(ROOT / one) if one.startswith("examples/") else one for one in arguments]
    subprocess.run(
        [sys.executable, "-m", "podium", *arguments],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        check=True,
        timeout=60,
    )
    (code,) = text_of("code")
    assert code.count("\n") == 4
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        input=code,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    (shown,) = (cell["outputs"] for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code")
    assert done.stdout == "".join(shown[0]["data"]["text/plain"]) + "\n"


def test_the_notebook_is_found_from_the_documents():
    assert "(study-in-pandas.ipynb)" in (ROOT / "docs" / "choose.md").read_text(encoding="utf-8")

"""What people are told while a study runs."""

import io
import re

from benchmarks.study import progress
from benchmarks.study.progress import Bar, Lines


def test_lines_are_plain_and_not_too_many(monkeypatch):
    now_s = iter([0.0, 1.0, 11.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now_s))
    stream = io.StringIO()
    lines = Lines(stream)
    for done in (0.0, 0.1, 0.2):
        lines.update(done, "block 1", 125.0)
    assert stream.getvalue() == "  0% block 1, 2:05 left\n 20% block 1, 2:05 left\n"


def test_what_is_said_is_always_printed():
    stream = io.StringIO()
    lines = Lines(stream)
    lines.message("one")
    lines.message("two")
    assert stream.getvalue() == "one\ntwo\n"


class Terminal(io.StringIO):
    """Takes what is drawn on a terminal."""

    def isatty(self) -> bool:
        return True

    def text(self) -> str:
        """Without colours and movements of the cursor."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.getvalue())


def test_a_bar_shows_how_far_the_study_is_and_keeps_what_is_said(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    with Bar(terminal) as bar:
        bar.message("flask:gunicorn [does] not")
        bar.update(0.5, "block 2", 59.6)
    assert "flask:gunicorn [does] not\n" in terminal.text()
    assert re.search(r"50 % block 2, 1:00 left", terminal.text())


def test_nothing_is_said_about_time_that_is_not_known():
    stream = io.StringIO()
    Lines(stream).update(0.0, "starting", None)
    assert stream.getvalue() == "  0% starting\n"

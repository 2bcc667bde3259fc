"""`podium schema` prints the schemas that are published."""

from pathlib import Path

import click
import pytest

from podium.__main__ import podium

REPORTS = Path(__file__).parents[2] / "reports"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("check", "pages/check.schema.json"),
        ("diff", "pages/diff.schema.json"),
        ("history", "pages/history.schema.json"),
        ("load", "load/load.schema.json"),
        ("report", "pages/report.schema.json"),
    ],
)
def test_the_published_schema_is_what_the_command_prints(capsys, name, file):
    """`podium schema NAME > reports/FILE` writes it."""
    assert podium.main(["schema", name], standalone_mode=False) == 0
    assert capsys.readouterr().out == (REPORTS / file).read_text(encoding="utf-8")


def test_an_unknown_format_is_refused():
    with pytest.raises(click.BadParameter, match=r"'check', 'diff', 'history', 'load', 'report'"):
        podium.main(["schema", "study"], standalone_mode=False)

"""The comment on a pull request: short, the same for the same study, and found again."""

import re
from dataclasses import replace

import pytest

from reports.analysis.analysis import analyse
from reports.analysis.reasons import Caveat
from reports.errors import NoGate
from reports.exports.pull_request import MOST_LINES, marker, pull_request
from reports.study.records import PlanOptions
from reports.wording.report import worded
from reports.write import make_report
from tests.reports.simulated import OPERATIONS, simulate, write

BASE, HEAD = "mine@main:granian", "mine:granian"


def report(head=2000.0, noise_sd=0.004, seed=1):
    return worded(analyse(study(head, noise_sd, seed)))


def study(head=2000.0, noise_sd=0.004, seed=1):
    options = PlanOptions(gate_ratio=0.02, gate_base=BASE)
    speeds = {HEAD: head, BASE: 2000.0}
    noise = {"noise_sd": noise_sd, "round_sd": 0.01, "seed": seed}
    return simulate(speeds, OPERATIONS, options=options, blocks=12, **noise)


def test_a_slower_head_is_told_with_by_how_much_and_where():
    lines = pull_request(report(head=1900.0)).splitlines()
    assert lines[0] == "<!-- podium gate: mine:granian -->"
    assert (
        "gate of 2 %: red, mine:granian is more than 2 % slower than mine@main:granian" in lines[1]
    )
    rows = [line for line in lines if line.startswith("| count")]
    assert re.fullmatch(r"\| count \(closed-16\) \| −\d.* \| −\d.* to −\d.* \| red \|", rows[0])
    assert len({line.count("|") for line in lines if line.startswith("|")}) == 1


def test_an_equal_head_is_green():
    text = pull_request(report())
    assert "green, mine:granian is nowhere 2 % slower than mine@main:granian" in text


def test_an_undecided_gate_says_what_could_be_seen_and_how_long_more_takes():
    text = pull_request(report(noise_sd=0.05))
    assert "not decided whether mine:granian is more than 2 % slower" in text
    assert re.search(
        r"\d % could have been seen \(80 % power\), 2 % after about \d+ \w+ more", text
    )


def test_the_same_study_gives_the_same_bytes(tmp_path):
    write(study(), tmp_path / "a.study")
    first, second = (pull_request(make_report(tmp_path / "a.study")) for _ in range(2))
    assert first == second


def test_it_is_never_longer_than_promised_and_every_text_stays_in_its_line():
    found = report(noise_sd=0.05)
    caveats = tuple(Caveat("scope", sentence=f"Line {n}\nand | more.") for n in range(100))
    many = replace(
        found, caveats=caveats, gate=replace(found.gate, operations=found.gate.operations * 9)
    )
    lines = pull_request(many).splitlines()
    assert len(lines) <= MOST_LINES
    told = pull_request(replace(found, caveats=caveats))
    assert "Line 0 and \\| more." in told
    assert "more in the report" in told


def test_the_first_line_is_the_heads_whatever_was_found():
    assert len({marker(report(head).gate) for head in (1500.0, 2000.0, 2500.0)}) == 1
    odd = replace(report().gate, head="a--b:granian")
    assert marker(odd).count("--") == 2


def test_a_study_that_is_no_gate_is_refused():
    with pytest.raises(NoGate, match="is no gate"):
        pull_request(worded(analyse(simulate(blocks=4, rounds=2))))

"""Numbers, modules and names that the documents quote are those of the code."""

import re
from pathlib import Path
from typing import get_args

import pytest

from benchmarks.conformity import ladder, measuring
from benchmarks.engine.loops import closed_loop, loop, open_loop
from benchmarks.engine.sockets import pool
from benchmarks.engine.users import team
from benchmarks.generators import command, lines
from benchmarks.machine import earlier_twins
from benchmarks.peers import command as peers
from benchmarks.study import given_time, pilot, plan, solo_block
from benchmarks.study import recall as measured_recall
from benchmarks.workload import answer_check
from contract_tests.suite.json_texts import documents
from podium.commands import check, compare
from reports.analysis import (
    caveats,
    eligibility,
    generator_limit,
    generator_trouble,
    pairs,
    reasons,
    recall,
    sections,
    solo,
    steady_state,
)
from reports.exports import pull_request
from reports.history import change_points
from reports.study.records import PlanOptions
from shared import contract
from shared.model import batching
from shared.settings import Settings

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    if path.name not in {"CHANGELOG.md", "catalogue.md"}
]
PACKAGES = ("shared", "implementations", "contract_tests", "benchmarks", "reports", "podium")

# Cannot be imported here: the suite's tests need its own pytest settings, locust patches sockets.
SLOW_CLIENTS = ROOT / "contract_tests" / "suite" / "test_slow_clients.py"
WIRE_USER = ROOT / "benchmarks" / "engine" / "users" / "user.py"
TIMEOUT_S = next(option.default for option in check.command.params if option.name == "timeout_s")
LONGEST_MODULE = 400


def number_in(module: Path, name: str) -> float:
    """A constant of a module that cannot be imported here."""
    return float(re.search(rf"^ *{name} = ([\d.]+)$", module.read_text(), re.MULTILINE)[1])


# (document, text around one number, value of the code). White space stands for any.
QUOTED_NUMBERS = [
    # On one core the loop does not poll at all.
    ("docs/engine.md", "polls for another (#) µs", (closed_loop.SPIN_NS or 50_000) / 1e3),
    ("docs/engine.md", "busily when a start is within (#) ms", open_loop.SPIN_NS / 1e6),
    ("docs/engine.md", "more are opened, up to (#);", number_in(WIRE_USER, "most_connections")),
    (
        "docs/engine.md",
        "when each connection has got one answer and (#) ms have passed",
        loop.WARM_NS / 1e6,
    ),
    ("docs/engine.md", "starts within (#) µs of when it was due", pool.ON_TIME_NS / 1e3),
    ("docs/engine.md", "a loop that runs for (#) ms", team.TURN_NS / 1e6),
    ("docs/engine.md", "then gives gevent (#) ms", team.YIELD_S * 1e3),
    ("docs/engine.md", "more than (#) % of its core", generator_limit.MOST_CPU_RATIO * 100),
    (
        "docs/engine.md",
        "median start lag was above (#) %",
        generator_limit.MOST_LAG_P50_RATIO * 100,
    ),
    ("docs/engine.md", "above (#) % of the p99", generator_limit.MOST_LAG_P99_RATIO * 100),
    ("docs/engine.md", "above (#) % of the engine's", generator_limit.MOST_CEILING_RATIO * 100),
    ("docs/engine.md", "take turns of (#) s", command.TURN_S),
    ("docs/engine.md", "in (#) rounds, in random order", command.ROUNDS),
    ("docs/engine.md", "with (#) connections unless", command.CONNECTIONS),
    ("docs/engine.md", "whether they agree within (#) %", lines.AGREED * 100),
    ("docs/conformity.md", "Slices of (#) ms", measuring.SLICE_S * 1e3),
    ("docs/conformity.md", "ms with (#) connections", plan.DEFAULT_CONNECTIONS),
    ("docs/conformity.md", "goes into a (#) % t interval", ladder.LEVEL * 100),
    ("docs/conformity.md", "whole interval is at (#) or above", ladder.ASKED_RATIO),
    ("docs/conformity.md", "if a stack missed (#).", ladder.ASKED_RATIO),
    ("docs/conformity.md", "is entirely above (#).", ladder.ASKED_RATIO),
    ("docs/contract.md", "agree within (#) between inference engines", answer_check.TOLERANCE),
    ("docs/peers.md", "is not (#) times as fast", peers.ASKED_RATIO),
    ("docs/contract.md", "at most (#) requests wait for the model", batching.MOST_WAITING),
    ("docs/contract.md", "1 to (#) rows of the model's", contract.MAX_ROWS),
    ("docs/contract.md", "must have 1 to (#) rows", contract.MAX_ROWS),
    ("docs/contract.md", "over the limit ((#) MiB)", contract.DEFAULT_CONTENT_LIMIT_BYTES / 2**20),
    ("docs/contract.md", "`errors` lists up to (#) ", contract.MAX_ERRORS),
    ("docs/contract.md", "nesting up to (#) deep", documents.DEEPEST),
    ("docs/contract.md", "While (#) connections", number_in(SLOW_CLIENTS, "SIZE")),
    (
        "docs/contract.md",
        "tests allow (#) s",
        number_in(SLOW_CLIENTS, "SERVED_WITHIN_S"),
    ),
    ("docs/contract.md", "((#) s unless configured)", Settings.model_fields["grace_s"].default),
    ("docs/check-your-backend.md", "Each answer may take (#) s", TIMEOUT_S),
    ("docs/glossary.md", "slices of (#) s with one stack alone", solo_block.SOLO_SLICE_S),
    ("ARCHITECTURE.md", "slices of (#) ms, or longer", plan.SLICE_S * 1e3),
    ("docs/measuring.md", "in slices of (#) ms", plan.SLICE_S * 1e3),
    ("docs/measuring.md", "above (#) % of it, or", generator_limit.MOST_CEILING_RATIO * 100),
    (
        "docs/measuring.md",
        "more than (#) % of the generator's",
        generator_limit.MOST_CPU_RATIO * 100,
    ),
    ("docs/measuring.md", "at least (#) times, and says", solo.LEAST_PASSES),
    ("docs/measuring.md", "Its (#) % of false statements", sections.ALPHA * 100),
    ("docs/measuring.md", "blocks show little, (#) studies much", earlier_twins.MOST),
    ("docs/caveats.md", "server more than (#) % more CPU", recall.LEAST_MORE_RATIO * 100),
    ("docs/caveats.md", "in each of (#) sets", measured_recall.SETS),
    ("docs/caveats.md", "changed by more than (#) % from", steady_state.TOLERATED_RATIO * 100),
    ("docs/caveats.md", "answered less than (#) % of what", eligibility.LEAST_SERVED_RATIO * 100),
    ("docs/caveats.md", "fewer than (#) answers lie beyond", eligibility.LEAST_BEYOND),
    ("docs/caveats.md", "fewer than (#) slices or 4 blocks", eligibility.LEAST_SLICES),
    (
        "docs/caveats.md",
        "is more than (#) % from the number of connections",
        eligibility.LITTLES_LAW_TOLERANCE_RATIO * 100,
    ),
    ("docs/caveats.md", "there are fewer than (#) blocks", eligibility.LEAST_BLOCKS),
    (
        "docs/caveats.md",
        "stopped it for more than (#) % of the time",
        generator_trouble.MOST_THROTTLED_RATIO * 100,
    ),
    (
        "docs/caveats.md",
        "had its core for more than (#) % of the time",
        generator_trouble.MOST_CORE_TAKEN_RATIO * 100,
    ),
    (
        "docs/caveats.md",
        "did not run for more than (#) % of the time",
        generator_trouble.MOST_PAUSED_RATIO * 100,
    ),
    ("docs/caveats.md", "used more than (#) % of its core", generator_limit.MOST_CPU_RATIO * 100),
    ("docs/caveats.md", "above (#) % of what the", generator_limit.MOST_CEILING_RATIO * 100),
    ("docs/caveats.md", "ratio is more than (#) % from that", solo.TOLERATED_RATIO * 100),
    ("docs/caveats.md", "processes used (#) % or more", caveats.BUSY_RATIO * 100),
    ("docs/caveats.md", "difference below (#) %:", caveats.UNSTEADY_RATIO * 100),
    (
        "docs/caveats.md",
        "median round lies more than (#) % from that of all",
        caveats.ROBUST_GAP_RATIO * 100,
    ),
    ("ARCHITECTURE.md", "as long as (#) answers a connection", pilot.ANSWERS_A_CONNECTION),
    ("ARCHITECTURE.md", "the median of (#) pilot slices", pilot.PILOT_SLICES),
    ("docs/choose.md", "intervals of the report at (#) %", (1 - sections.ALPHA) * 100),
    ("docs/choose.md", "found with (#) % power", pairs.POWER * 100),
    ("docs/choose.md", "more than a factor of (#)", pairs.TOLD_FACTOR),
    ("docs/choose.md", "verdicts need (#) blocks", eligibility.LEAST_BLOCKS),
    ("README.md", "intervals of the report at (#) %", (1 - sections.ALPHA) * 100),
    ("CONTRIBUTING.md", "none over (#).", LONGEST_MODULE),
    ("docs/diff-and-history.md", "hold together at (#) %", (1 - sections.ALPHA) * 100),
    ("docs/diff-and-history.md", "The (#) % are shared", sections.ALPHA * 100),
    ("docs/diff-and-history.md", "margin ((#) %, unless", PlanOptions.margin_ratio * 100),
    ("docs/diff-and-history.md", "in lines of (#) studies or more", change_points.LEAST_POINTS),
    ("docs/gate.md", "all operations hold together at (#) %", (1 - sections.ALPHA) * 100),
    ("docs/gate.md", "could have been seen with (#) % power", pairs.POWER * 100),
    ("docs/gate.md", "A gate takes (#) minutes", compare.GATE_S / 60),
    ("docs/gate.md", "whole blocks as fit, (#) at least", given_time.LEAST_BLOCKS),
    ("docs/gate.md", "a comment of at most (#) lines", pull_request.MOST_LINES),
]


@pytest.mark.parametrize(
    ("document", "text", "value"), QUOTED_NUMBERS, ids=[row[1] for row in QUOTED_NUMBERS]
)
def test_a_quoted_number_is_that_of_the_code(document, text, value):
    pattern = re.escape(text).replace(re.escape("(#)"), r"([\d.,]*\d(?:e-?\d+)?)")
    found = re.findall(pattern.replace(r"\ ", r"\s+"), (ROOT / document).read_text())
    assert found, f"{document} has no {text!r}"
    for number in found:
        assert float(number.replace(",", "")) == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize(
    ("title", "kinds"),
    [
        ("Why a stack has no place", reasons.ExclusionKind),
        ("Why nothing is judged", reasons.NoVerdictKind),
        ("Why the load generator was the limit", reasons.LimitKind),
        ("Why a round does not count", reasons.RemovalKind),
        ("Caveats", reasons.CaveatKind),
    ],
)
def test_every_kind_of_reason_is_explained_once(title, kinds):
    """The troubles of the generator are with its limits, where both tables have them."""
    text = (ROOT / "docs" / "caveats.md").read_text()
    section = re.split(r"^## ", text, flags=re.MULTILINE)
    (found,) = (part for part in section if part.startswith(f"{title}\n"))
    cells = re.findall(r"^\| (`[^|]*`) \|", found, re.MULTILINE)[1:]
    named = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    expected = set(flat(kinds))
    if kinds is reasons.RemovalKind:
        expected -= set(flat(reasons.TroubleKind))
    assert sorted(named) == sorted(expected)


def flat(literal):
    """Yield the strings of a Literal, or of a union of them."""
    for each in get_args(literal):
        yield from flat(each) if get_args(each) else (each,)


def test_no_module_is_longer_than_contributors_are_told():
    modules = [path for package in (*PACKAGES, "tests") for path in ROOT.glob(f"{package}/**/*.py")]
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in modules}
    assert not {path: length for path, length in lengths.items() if length > LONGEST_MODULE}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_only_files_that_exist(document):
    """Files of ours by the end of their path, such as `loops/timing.py`."""
    files = [
        f"/{path.relative_to(ROOT)}" for path in ROOT.glob("**/*.py") if ".venv" not in str(path)
    ]
    for name in re.findall(r"`([a-z_/]+\.py)`", document.read_text()):
        assert any(file.endswith(f"/{name}") for file in files), name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_only_modules_that_exist(document):
    """Such as `reports.study.file`, or a name that its source holds."""
    named = re.findall(rf"`((?:{'|'.join(PACKAGES)})(?:\.\w+)+)`", document.read_text())
    for name in named:
        parts = name.split(".")
        if parts[-1] == "py" or parts[0] == "podium":
            continue
        while parts and not (path := source_of(parts)):
            parts.pop()
        rest = name.split(".")[len(parts) :]
        assert path, name
        assert all(re.search(rf"\b{word}\b", path.read_text()) for word in rest), name


def source_of(parts: list[str]) -> Path | None:
    """The file of a module or package; `None` if there is none."""
    path = ROOT.joinpath(*parts)
    found = [file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()]
    return found[0] if found else None

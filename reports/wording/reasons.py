"""Reasons as clauses: why a stack has no place, who limited a rate, why nothing is judged."""

from collections.abc import Callable, Mapping

from reports.analysis.eligibility import LEAST_BEYOND, LEAST_BLOCKS, LEAST_SLICES
from reports.analysis.generator_limit import (
    MOST_CEILING_RATIO,
    MOST_LAG_P50_RATIO,
    MOST_LAG_P99_RATIO,
)
from reports.analysis.reasons import (
    Exclusion,
    ExclusionKind,
    GeneratorLimited,
    NoVerdict,
    RemovalKind,
)
from reports.analysis.trials import Compared
from reports.wording.formats import faster_than, listed, lower_by, percent, plain, time_us

TIMES: Mapping[Compared, str] = {"response_p50_us": "p50", "response_p99_us": "p99"}

REMOVALS: Mapping[RemovalKind, str] = {
    "steal_time": "steal time",
    "run_queue_delay": "run-queue delay",
    "other_processes": "other processes",
    "slow_canary": "slow canary loop",
    "slice_missing": "a slice is missing",
}

PERCENTILE_NEEDS = (
    f"it needs {LEAST_BEYOND} answers beyond it, from {LEAST_SLICES} slices in "
    f"{LEAST_BLOCKS} blocks"
)


def exclusion_clause(reason: Exclusion) -> str:
    """Return why a stack has no place, to follow its label."""
    return EXCLUSIONS[reason.kind](reason)


def limit_clause(reason: GeneratorLimited) -> str:
    """Return how the generator was the limit, as a clause."""
    reference = reason.reference or 0
    match reason.kind:
        case "shared_core":
            return "server and generator shared one core"
        case "core_taken":
            return (
                f"another process had the generator's core for {percent(reason.measured)} of the "
                f"time, above {percent(reason.limit)}"
            )
        case "cpu":
            return f"the generator used {percent(reason.measured)} of its core"
        case "ceiling":
            return (
                f"{plain(reason.measured)} requests/s are above {percent(MOST_CEILING_RATIO)} of "
                f"the generator's own ceiling, {plain(reference)} requests/s"
            )
        case "start_lag_p50":
            return (
                f"start lag p50 was {time_us(reason.measured)}, above "
                f"{percent(MOST_LAG_P50_RATIO)} of the service time's p50, {time_us(reference)}"
            )
        case "start_lag_p99":
            return (
                f"start lag p99 was {time_us(reason.measured)}, above "
                f"{percent(MOST_LAG_P99_RATIO)} of response p99, {time_us(reference)}"
            )


def limit_sentence(reason: GeneratorLimited) -> str:
    """Return the same as a sentence of its own."""
    return f"The load generator was the limit: {limit_clause(reason)}."


def no_verdict_clause(reason: NoVerdict, compared: Compared) -> str:
    """Return why no pair is judged."""
    match reason.kind:
        case "too_few_stacks":
            return "fewer than two stacks can be compared"
        case "single_block":
            return "a single block tells nothing about chance"
        case "twins_differ":
            low, high = reason.ratio_low or 1, reason.ratio_high or 1
            ends = (low, high) if low > 1 else (1 / high, 1 / low)
            return (
                f"the same stack, entered twice, seemed {_ahead(compared, *ends)} itself, so this "
                "operation's measurements are invalid"
            )


def _ahead(compared: Compared, low: float, high: float) -> str:
    if compared in TIMES:
        return f"to have a response {TIMES[compared]} {lower_by(low, high)} than"
    return faster_than(low, high)


def _contract_failed(reason: Exclusion) -> str:
    first = f": {reason.faults[0]}" if reason.faults else ""
    return f"failed the contract before the load{first}"


def _wrong_answers(reason: Exclusion) -> str:
    counted = [f"{one.count} × {one.kind} in {one.operation}" for one in reason.failures]
    return f"gave wrong answers or none under load ({listed(counted)})"


def _invalid(why: str) -> Callable[[Exclusion], str]:
    def clause(reason: Exclusion) -> str:
        shown = why.format(measured=reason.measured, limit=reason.limit)
        return f"has an invalid trial in block {reason.block}: {shown}"

    return clause


def _saturated(reason: Exclusion) -> str:
    return f"was saturated: it served {percent(reason.measured or 0)} of what was due in time"


def _start_lag(reason: Exclusion) -> str:
    lag = time_us(reason.measured or 0)
    return f"has no response p50 (requests started {lag} late there, more than a tenth of it)"


EXCLUSIONS: Mapping[ExclusionKind, Callable[[Exclusion], str]] = {
    "contract_failed": _contract_failed,
    "wrong_answers": _wrong_answers,
    "block_missing": lambda reason: f"was not measured in block {reason.block}",
    "not_measured": lambda _: "was not measured",
    "nothing_answered": _invalid("no answer was recorded"),
    "untimed_answers": _invalid("{limit:.0f} answers were counted and {measured:.0f} timed"),
    "littles_law": _invalid(
        "rate × time gives {measured:.1f} connections where {limit:.0f} were open (Little's law)"
    ),
    "due_unknown": lambda _: "has no response time: how many requests were due was not recorded",
    "saturated": _saturated,
    "too_few_answers": lambda _: f"has no response p50 ({PERCENTILE_NEEDS})",
    "start_lag": _start_lag,
}

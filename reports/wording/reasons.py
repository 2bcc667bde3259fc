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
    LimitKind,
    NoVerdict,
    RemovalKind,
)
from reports.analysis.sections import Compared
from reports.wording.formats import change, faster_than, listed, percent, plain, time_us

# What is compared, where it is not the rate; `{}` stands for the time after which one is late.
QUANTITIES: Mapping[Compared, str] = {
    "requests_per_s": "",
    "response_p50_us": "response p50",
    "response_p90_us": "response p90",
    "late_ratio": "answers later than {}",
}

REMOVALS: Mapping[RemovalKind, str] = {
    "quota": "the generator was stopped by a CPU quota",
    "core_taken": "the generator's core was taken",
    "paused": "the generator was paused",
    "no_port": "the generator had no local port left",
    "no_descriptor": "the generator had no file descriptor left",
    "no_memory": "the generator had no memory left",
    "no_route": "the generator's own network failed",
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
LATE_NEEDS = f"{LEAST_BEYOND}, from {LEAST_SLICES} slices in {LEAST_BLOCKS} blocks"


def exclusion_clause(reason: Exclusion) -> str:
    """Return why a stack has no place, to follow its label."""
    return EXCLUSIONS[reason.kind](reason)


def limit_clause(reason: GeneratorLimited) -> str:
    """Return how the generator was the limit, as a clause."""
    return LIMITS[reason.kind](reason)


def limit_sentence(reason: GeneratorLimited) -> str:
    """Return the same as a sentence of its own, with what can be done."""
    remedy = LIMIT_REMEDIES.get(reason.kind)
    sentence = f"The load generator was the limit: {limit_clause(reason)}."
    return f"{sentence} {remedy}" if remedy else sentence


def _quota(reason: GeneratorLimited) -> str:
    cores = f" of {plain(reason.reference)} cores" if reason.reference else ""
    return f"a CPU quota{cores} stopped the generator for {percent(reason.measured)} of the time"


def _ceiling(reason: GeneratorLimited) -> str:
    return (
        f"{plain(reason.measured)} requests/s are above {percent(MOST_CEILING_RATIO)} of the "
        f"generator's own ceiling, {plain(reason.reference or 0)} requests/s"
    )


def _connections(lack: str) -> Callable[[GeneratorLimited], str]:
    return lambda reason: f"the generator {lack} {reason.measured:.0f} connections"


def _start_lag(quantile: str, limit_ratio: float, of: str) -> Callable[[GeneratorLimited], str]:
    return lambda reason: (
        f"start lag {quantile} was {time_us(reason.measured)}, above {percent(limit_ratio)} of "
        f"{of}, {time_us(reason.reference or 0)}"
    )


LIMITS: Mapping[LimitKind, Callable[[GeneratorLimited], str]] = {
    "shared_core": lambda _: "server and generator shared one core",
    "quota": _quota,
    "core_taken": lambda reason: (
        f"another process had the generator's core for {percent(reason.measured)} of the time, "
        f"above {percent(reason.limit)}"
    ),
    "paused": lambda reason: f"the generator was paused for {percent(reason.measured)} of the time",
    "no_port": _connections("lacked local ports for"),
    "no_descriptor": _connections("lacked file descriptors for"),
    "no_memory": _connections("lacked memory for"),
    "no_route": _connections("lacked a route for"),
    "cpu": lambda reason: f"the generator used {percent(reason.measured)} of its core",
    "ceiling": _ceiling,
    "start_lag_p50": _start_lag("p50", MOST_LAG_P50_RATIO, "the service time's p50"),
    "start_lag_p99": _start_lag("p99", MOST_LAG_P99_RATIO, "response p99"),
}

LIMIT_REMEDIES: Mapping[LimitKind, str] = {
    "shared_core": "Give the machine a second core.",
    "quota": "Lift the quota of its control group (cpu.max), or measure outside the container.",
    "core_taken": "End other programs, or measure on an idle machine.",
    "paused": "Find what stopped it: Ctrl-Z, a debugger, a suspended or overloaded machine.",
    "no_port": "Use fewer connections, or widen net.ipv4.ip_local_port_range.",
    "no_descriptor": "Use fewer connections, or raise the limit of open files (ulimit -n).",
    "no_memory": "Use fewer connections.",
    "no_route": "Check the address, and this machine's routes and firewall.",
}


def no_verdict_clause(reason: NoVerdict) -> str:
    """Return why no pair is judged."""
    match reason.kind:
        case "too_few_stacks":
            return "fewer than two stacks can be compared"
        case "too_few_late":
            return f"fewer than two stacks gave enough late answers ({LATE_NEEDS})"
        case "too_few_blocks":
            return f"it needs {LEAST_BLOCKS} blocks"
        case "study_unfinished":
            return "the study is not finished"
        case "twins_differ":
            low, high = reason.ratio_low or 1, reason.ratio_high or 1
            ends = (low, high) if low > 1 else (1 / high, 1 / low)
            return (
                f"the same stack, entered twice, seemed {faster_than(*ends)} itself over all "
                "operations, so this study's measurements are invalid"
            )


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


EXCLUSIONS: Mapping[ExclusionKind, Callable[[Exclusion], str]] = {
    "not_started": lambda reason: f"is left out: {''.join(reason.faults[:1])}",
    "contract_failed": _contract_failed,
    "wrong_answers": _wrong_answers,
    "remembers_answers": lambda reason: (
        "remembers answers: a new request took it "
        f"{plain(reason.measured or 1)} times the CPU time of one that it had answered before"
    ),
    "block_missing": lambda reason: f"was not measured in block {reason.block}",
    "not_measured": lambda _: "was not measured",
    "nothing_answered": _invalid("no answer was recorded"),
    "untimed_answers": _invalid("{limit:.0f} answers were counted and {measured:.0f} timed"),
    "littles_law": _invalid(
        "rate × time gives {measured:.1f} connections where {limit:.0f} were open (Little's law)"
    ),
    "no_steady_state": lambda reason: (
        "did not run steadily: from the first half of a block to the second its speed changed by "
        f"{change(reason.measured or 1)} against the other stacks"
    ),
    "due_unknown": lambda _: "has no response time: how many requests were due was not recorded",
    "saturated": _saturated,
    "too_few_answers": lambda _: f"has no response p50 ({PERCENTILE_NEEDS})",
}

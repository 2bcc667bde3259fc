"""The sentence and the remedy of each kind of caveat."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from reports.analysis.findings import Report
from reports.analysis.reasons import Caveat, CaveatKind
from reports.wording.caveats import evidence, load, machine, solo
from reports.wording.reasons import LIMIT_REMEDIES, exclusion_clause, limit_clause

SENTENCES: Mapping[CaveatKind, Callable[[Caveat, Report], str]] = {
    "interleaving_changes_ratios": solo.interleaving_changes_ratios,
    "order_turns_over": evidence.order_turns_over,
    "no_place": evidence.no_place,
    "study_unfinished": evidence.study_unfinished,
    "block_broken": evidence.block_broken,
    "contract_unchecked": evidence.contract_unchecked,
    "generator_limited": load.generator_limited,
    "generator_not_limited": load.generator_not_limited,
    "ceiling_unknown": load.unknown("ceiling"),
    "generator_cpu_unknown": load.unknown("CPU time"),
    "start_lag_unknown": load.unknown("start lag"),
    "requests_unsent": load.requests_unsent,
    "machine_busy": machine.busy,
    "machine_quiet": machine.quiet,
    "machine_unsteady": machine.unsteady,
    "steal_time": machine.steal_time,
    "not_pinned": machine.not_pinned,
    "shared_cores": machine.shared_cores,
    "detectable_difference": machine.detectable_difference,
    "twins_agree": machine.twins_agree,
    "noise_understated": machine.noise_understated,
    "no_twin": machine.no_twin,
    "stalls_weigh": evidence.stalls_weigh,
    "rounds_removed": machine.rounds_removed,
    "percentile_withheld": evidence.percentile_withheld,
    "solo_agrees": solo.solo_agrees,
    "solo_unknown": solo.solo_unknown,
    "settings_differ": evidence.settings_differ,
    "solo_unmeasured": solo.solo_unmeasured,
    "scope": evidence.scope,
}

REMEDIES: Mapping[CaveatKind, str] = {
    "contract_unchecked": "Check the stacks: podium check.",
    "generator_limited": "Use more connections only where the generator has room, or a slower "
    "operation; podium calibrate shows its ceilings.",
    "ceiling_unknown": "Run the study again with podium compare, which measures it.",
    "machine_busy": "End other programs, or measure on an idle machine.",
    "machine_unsteady": "Measure on a machine whose cores and clock are not shared, or run more "
    "blocks.",
    "steal_time": "Measure on a machine whose cores are not shared with others.",
    "not_pinned": "Measure on Linux, where processes can be pinned.",
    "shared_cores": LIMIT_REMEDIES["shared_core"],
    "percentile_withheld": "Run more blocks: --blocks.",
    "solo_unmeasured": "Run a thorough study, which measures stacks alone too.",
}


def worded_caveat(caveat: Caveat, report: Report) -> Caveat:
    """Return the caveat with its sentence and remedy; `report` has its comparisons named."""
    return replace(
        caveat,
        sentence=SENTENCES[caveat.kind](caveat, report),
        remedy=_remedy(caveat),
        exclusion=caveat.exclusion
        and replace(caveat.exclusion, sentence=exclusion_clause(caveat.exclusion)),
        generator=caveat.generator
        and replace(caveat.generator, sentence=limit_clause(caveat.generator)),
    )


def _remedy(caveat: Caveat) -> str:
    limited = caveat.generator and LIMIT_REMEDIES.get(caveat.generator.kind)
    return limited or REMEDIES.get(caveat.kind, "")

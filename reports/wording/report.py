"""A report's English: every sentence that its pages and files print."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from reports.analysis.findings import Comparison, Report, Section, Standing
from reports.wording.caveats.words import worded_caveat
from reports.wording.formats import time_us
from reports.wording.gate import worded_gate
from reports.wording.overview import worded_overview
from reports.wording.reasons import exclusion_clause, limit_clause, no_verdict_clause
from reports.wording.verdicts import headline, name_of, pair_sentence, verdict_sentences


def worded(report: Report) -> Report:
    """Return the report with all its sentences filled in; its facts stay as they are."""
    shapes = Counter(comparison.operation for comparison in report.comparisons)
    comparisons = tuple(
        _comparison(one, report.margin_ratio, only_shape=shapes[one.operation] == 1)
        for one in report.comparisons
    )
    named = replace(report, comparisons=comparisons)
    return replace(
        named,
        overview=worded_overview(named),
        caveats=tuple(worded_caveat(caveat, named) for caveat in report.caveats),
        gate=worded_gate(named),
        verdicts=tuple(_verdicts(named)),
    )


def _verdicts(report: Report) -> Iterator[str]:
    for comparison in report.comparisons:
        yield f"{comparison.headline}."
        yield from (f"{sentence}." for sentence in comparison.sentences)


def _comparison(found: Comparison, margin_ratio: float, *, only_shape: bool) -> Comparison:
    what = name_of(found, only_shape=only_shape)
    named = replace(
        found,
        what=what,
        sections=tuple(_section(what, section, margin_ratio) for section in found.sections),
        standings=tuple(map(_standing, found.standings)),
    )
    return replace(
        named, headline=headline(named, margin_ratio), sentences=verdict_sentences(named)
    )


def _section(what: str, found: Section, margin_ratio: float) -> Section:
    late_after = "" if found.late_after_us is None else time_us(found.late_after_us)
    return replace(
        found,
        no_verdict=found.no_verdict
        and replace(found.no_verdict, sentence=no_verdict_clause(found.no_verdict)),
        pairs=tuple(
            replace(pair, sentence=pair_sentence(what, pair, margin_ratio, late_after))
            for pair in found.pairs
        ),
    )


def _standing(found: Standing) -> Standing:
    return replace(
        found,
        exclusion=found.exclusion
        and replace(found.exclusion, sentence=exclusion_clause(found.exclusion)),
        generator_limit=found.generator_limit
        and replace(found.generator_limit, sentence=limit_clause(found.generator_limit)),
    )

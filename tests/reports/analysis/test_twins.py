"""Twins check the noise that is stated, over all operations together, and which bias is left."""

from dataclasses import replace

import numpy as np
import pytest

from reports.analysis.analysis import analyse
from reports.analysis.twins import _pooled
from reports.study.records import TwinResult
from tests.reports.simulated import OPERATIONS, change_slices, simulate

EQUAL = dict.fromkeys(("a:s", "b:s", "c:s", "d:s"), 2000.0)


def kinds(report):
    return {caveat.kind for caveat in report.caveats}


def test_twins_that_are_alike_leave_a_small_bias():
    report = analyse(simulate(EQUAL, operations=OPERATIONS, noise_sd=0.01, rounds=2))
    twins = report.twins
    assert twins.of_study.blocks == 8
    assert twins.valid
    assert twins.ratio_low < 1 < twins.ratio_high
    assert twins.largest_bias_ratio == pytest.approx(max(twins.ratio_high, 1 / twins.ratio_low) - 1)
    assert (twins.studies, twins.pooled_low) == (1, pytest.approx(twins.ratio_low))
    assert twins.largest_bias_ratio < 0.02
    assert "twins_agree" in kinds(report)


def test_chance_costs_no_study_its_verdicts():
    """Seeded studies; in some the twins seem to differ by more than the margin."""
    for seed in range(40):
        report = analyse(simulate(EQUAL, blocks=4, rounds=1, noise_sd=0.01, seed=seed, slice_s=0.2))
        assert report.twins.valid
        assert report.comparisons[0].deciding.no_verdict is None


def test_a_bias_beyond_the_margin_is_seen():
    report = analyse(simulate(EQUAL, twin_speed=1.1, rounds=2))
    assert not report.twins.valid
    assert report.twins.ratio == pytest.approx(1.1, rel=0.02)


def test_a_bias_within_the_margin_is_told_and_invalidates_nothing():
    study = simulate(EQUAL, twin_speed=1.02, noise_sd=0.001, round_sd=0.001, slice_s=5.0, rounds=2)
    report = analyse(study)
    assert report.twins.valid
    assert 1 < report.twins.ratio_low < 1.02 < report.twins.ratio_high
    assert report.twins.largest_bias_ratio > 0.02


def test_twins_that_vary_more_than_the_noise_that_is_stated_are_told():
    study = simulate(EQUAL, noise_sd=0.005, round_sd=0.0, rounds=2)
    rng = np.random.default_rng(2)
    wild = {block.number: rng.choice([0.8, 1.2]) for block in study.blocks}
    slices = tuple(
        replace(s, duration_s=s.duration_s * wild[s.block], sum_us=None) if s.label == "twin" else s
        for s in study.slices
    )
    report = analyse(replace(study, slices=slices))
    assert report.twins.noise_ratio > 10
    assert report.twins.noise_p < 0.01
    assert "noise_understated" in kinds(report)
    assert "twins_agree" not in kinds(report)


def test_equal_noise_is_rarely_told_to_be_more():
    """One study of a hundred by chance; these 40 are small and seeded."""
    told = [
        "noise_understated"
        in kinds(analyse(simulate(EQUAL, blocks=4, rounds=1, seed=seed, slice_s=0.2)))
        for seed in range(40)
    ]
    assert sum(told) <= 2


def with_earlier(study, earlier):
    options = replace(study.plan.options, earlier_twins=tuple(earlier))
    return replace(study, plan=replace(study.plan, options=options))


def test_earlier_studies_narrow_the_bias_that_is_not_excluded():
    """Their number is said, and this study's own interval stays what it was."""
    first, *others = (
        simulate(EQUAL, blocks=4, rounds=1, noise_sd=0.01, seed=seed) for seed in range(6)
    )
    alone = analyse(first).twins
    found = analyse(with_earlier(first, [analyse(each).twins.of_study for each in others]))
    twins = found.twins
    assert twins.studies == 6
    assert twins.largest_bias_ratio < alone.largest_bias_ratio / 1.5
    assert twins.pooled_low < 1 < twins.pooled_high
    assert (twins.ratio_low, twins.of_study) == (alone.ratio_low, alone.of_study)


def test_the_interval_of_several_studies_holds_as_often_as_it_says():
    """Normal blocks of equal twins, 2 to 8 a study, in studies whose noise differs threefold."""
    rng = np.random.default_rng(1)
    excluded = 0
    for _ in range(2000):
        results = []
        for blocks, sd in zip((8, 4, 2, 4), (0.01, 0.03, 0.02, 0.01), strict=True):
            values = rng.normal(0, sd, blocks)
            errors = {"standard_error": values.std(ddof=1) / blocks**0.5}
            errors |= {"stated_error": sd / blocks**0.5}
            counts = {"squares": 0.0, "df": 1, "model_df": 1}
            results.append(TwinResult("", blocks, values.mean(), **errors, **counts))
        mean, half = _pooled(results)
        excluded += abs(mean) > half
    assert excluded / 2000 <= 0.05 + 2 * (0.05 * 0.95 / 2000) ** 0.5


def test_a_bias_of_this_study_is_not_hidden_by_earlier_ones():
    earlier = [analyse(simulate(EQUAL, rounds=2, seed=seed)).twins.of_study for seed in range(5)]
    assert not analyse(with_earlier(simulate(EQUAL, twin_speed=1.1, rounds=2), earlier)).twins.valid


def test_a_study_without_twins_says_so():
    study = simulate(EQUAL, blocks=4, rounds=1)
    entrants, rounds = study.plan.entrants[:-1], study.rounds
    alone = replace(
        study,
        plan=replace(study.plan, entrants=entrants),
        blocks=tuple(replace(block, twin_stack=None) for block in study.blocks),
        rounds=tuple(replace(r, order=tuple(x for x in r.order if x != "twin")) for r in rounds),
        slices=tuple(s for s in study.slices if s.label != "twin"),
    )
    report = analyse(alone)
    assert report.twins is None
    assert "no_twin" in kinds(report)
    assert report.comparisons[0].deciding.no_verdict is None


def test_the_twin_of_a_single_stack_is_not_denied():
    report = analyse(simulate({"a:s": 2000.0}, blocks=4, rounds=1))
    assert report.twins is None
    assert "no_twin" not in kinds(report)


def test_a_stack_without_a_place_is_no_twin():
    study = change_slices(
        simulate(EQUAL, rounds=1), lambda s: s.label == "a:s", failures={"wrong_content": 1}
    )
    assert analyse(study).twins.of_study.blocks == 6

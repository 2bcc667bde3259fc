"""`reports.diff`: what is told of two studies whose truth is known."""

from dataclasses import replace

import pytest

from reports.diff.diff import diff
from reports.errors import NoSuchBridge, SameStudy
from reports.study.records import Footprint
from reports.wording.diff import worded_diff
from tests.reports.diff.recorded_studies import LABELS, made_of, pair
from tests.reports.recorded_rounds import DEFAULT, Design
from tests.reports.simulated import OPEN, change_slices, simulate

FALCON, ASGI, FASTAPI, FLASK = LABELS
SLOWER_MACHINE = 0.85


def changes_of(found, label):
    """The changes of a stack by operation."""
    return {
        section.operation: change
        for section in found.sections
        for change in section.changes
        if change.label == label
    }


@pytest.fixture(scope="module")
def slowed():
    """Flask became 10 % slower, and the machine 15 %; only flask's sources differ.

    The rounds were recorded on a busy machine, where that takes 16 blocks to see.
    """
    new = {"speeds": {FLASK: 0.9}, "machine": SLOWER_MACHINE, "changed": (FLASK,)}
    return pair(7, new=new, design=Design(16, 16, open_loops=False), operations=("count",))


def test_a_slowdown_is_found_beside_a_bridge_on_a_machine_that_was_slowed(slowed):
    """Each interval holds the truth and tells the slowdown, and none of the machine's."""
    found = worded_diff(diff(*slowed))
    assert found.bridges == (FALCON, ASGI, FASTAPI)
    changes = changes_of(found, FLASK)
    assert list(changes) == ["count"]
    for change in changes.values():
        assert change.verdict == "different"
        assert change.ratio_low < 0.9 < change.ratio_high < 1
        assert "slower than before" in change.sentence
    for section in found.sections:
        assert section.drift == pytest.approx(SLOWER_MACHINE, abs=0.06)
        assert section.disagreements == ()


def test_without_a_bridge_nothing_is_told_but_the_reason(slowed):
    """All stacks have other sources, as with another version of Python or of shared code."""
    old, new = slowed
    everywhere = replace(new, environment=replace(new.environment, stacks=made_of(LABELS)))
    found = worded_diff(diff(old, everywhere))
    assert (found.against, found.sections, found.statements) == (None, (), 0)
    assert "machine and code are confounded" in found.headline


def test_anyway_tells_what_machine_and_code_did_together(slowed):
    old, new = slowed
    everywhere = replace(new, environment=replace(new.environment, stacks=made_of(LABELS)))
    found = worded_diff(diff(old, everywhere, anyway=True))
    assert found.against == "nothing"
    assert found.headline.startswith("Changes are of machine and code together")
    for label, truth in {FLASK: 0.9 * SLOWER_MACHINE, FALCON: SLOWER_MACHINE}.items():
        for change in changes_of(found, label).values():
            assert change.ratio_low < truth < change.ratio_high


def test_anyway_changes_nothing_where_there_is_a_bridge(slowed):
    assert diff(*slowed, anyway=True) == diff(*slowed)


@pytest.mark.parametrize("name", [FALCON, "falcon"])
def test_a_bridge_that_is_named_is_the_only_one(slowed, name):
    found = diff(*slowed, [name])
    assert found.bridges == (FALCON,)
    assert found.bridges_named
    assert {change.label for change in found.sections[0].changes} == {ASGI, FASTAPI, FLASK}


def test_a_changed_stack_may_be_named_and_that_is_said(slowed):
    found = worded_diff(diff(*slowed, ["flask"]))
    assert f"{FLASK} changed, and was named as a bridge nevertheless" in found.caveats
    assert changes_of(found, FALCON)["count"].ratio == pytest.approx(1 / 0.9, rel=0.03)


@pytest.mark.parametrize("name", ["starlette", "f", "flask:uvicorn"])
def test_a_bridge_that_is_not_in_both_is_refused(slowed, name):
    with pytest.raises(NoSuchBridge, match="falcon-asgi:uvicorn"):
        diff(*slowed, [name])


def test_a_study_is_not_compared_with_itself(slowed):
    with pytest.raises(SameStudy):
        diff(slowed[0], slowed[0])


def without_facts(study):
    return replace(study, environment=replace(study.environment, stacks={}))


def test_studies_of_earlier_formats_need_a_named_bridge(slowed):
    old, new = without_facts(slowed[0]), slowed[1]
    found = worded_diff(diff(old, new))
    assert {one.became for one in found.stacks} == {"unknown"}
    assert found.against is None
    assert "an earlier podium made it" in found.caveats[0]
    assert diff(old, new, ["falcon"]).against == "bridge"


def with_parts(study, label, **parts):
    facts = {**study.environment.stacks, label: {**study.environment.stacks[label], **parts}}
    return replace(study, environment=replace(study.environment, stacks=facts))


def with_setting(study, label, **settings):
    entrants = tuple(
        replace(one, settings={**one.settings, **settings}) if one.label == label else one
        for one in study.plan.entrants
    )
    return replace(study, plan=replace(study.plan, entrants=entrants))


def with_found(study, label, **found):
    footprint = Footprint(label, None, None, None, None, None, found)
    return replace(study, footprints=(*study.footprints, footprint))


@pytest.mark.parametrize(
    ("change", "kind", "name", "values"),
    [
        (lambda s: with_parts(s, FLASK, packages={"flask": "3.1"}), "package", "flask", "3.1"),
        (lambda s: with_parts(s, FLASK, python="3.13.1"), "python", "python", "3.13.1"),
        (lambda s: with_parts(s, FLASK, code="9"), "sources", "code of the stack", "9"),
        (lambda s: with_setting(s, FLASK, threads=9), "setting", "threads", "9"),
        (lambda s: with_found(s, FLASK, threads=9), "setting", "threads", "9"),
    ],
    ids=["package", "python", "sources", "setting", "found"],
)
def test_a_stack_is_changed_by_what_was_recorded_of_it(change, kind, name, values):
    """Never by how fast it was: here all are as fast as before."""
    old, new = pair(1)
    found = diff(old, change(new))
    assert [(one.kind, one.name, one.new, one.stacks) for one in found.differences] == [
        (kind, name, values, (FLASK,))
    ]
    became = {one.label: one.became for one in found.stacks}
    assert became == {**dict.fromkeys(LABELS, "unchanged"), FLASK: "changed"}


def test_what_the_processes_are_of_the_moment_changes_no_stack():
    """Threads that run at the moment are found, and are no setting that was asked for."""
    old, new = pair(1)
    found = diff(with_found(old, FLASK, threads_running=8), with_found(new, FLASK, processes=2))
    assert found.differences == ()


def test_differences_of_machine_versions_and_load_are_told_once():
    old, new = pair(1)
    environment = replace(
        new.environment,
        machine={"cpu": "another", "load_average_1_min": 3.0},
        versions={**new.environment.versions, "locust": "2.0", "code": "2"},
    )
    new = replace(new, environment=environment, plan=replace(new.plan, rows=32))
    found = diff(old, new)
    assert [(one.kind, one.name) for one in found.differences] == [
        ("machine", "cpu"),
        ("sources", "code"),
        ("package", "locust"),
        ("load", "rows"),
    ]
    assert {section.operation for section in found.sections} == {"count", "letter_count"}


def test_equal_studies_differ_in_nothing_and_have_no_changes():
    found = worded_diff(diff(*pair(3)))
    assert found.differences == ()
    assert found.bridges == LABELS
    assert found.headline.startswith("No stack changed, as far as studies record it")
    assert not any(section.changes for section in found.sections)


def test_bridges_that_disagree_are_said_and_give_no_verdict():
    """Falcon changed without a trace, by far more than noise."""
    new = {"speeds": {FALCON: 0.7}, "changed": (FLASK,)}
    found = worded_diff(diff(*pair(5, new=new)))
    for section in found.sections:
        assert FALCON in {one.label for one in section.disagreements}
        (change,) = section.changes
        assert (change.verdict, change.unjudged.kind) == ("not_judged", "bridges_disagree")
        assert f"{FALCON} became" in change.sentence
    assert not list(found.slower_by_more_than(0.0))


def test_a_bridge_for_which_the_generator_was_the_limit_is_not_used():
    old, new = pair(5, new={"changed": (FLASK,)})
    limited = change_slices(new, lambda one: one.label == FALCON, generator_cpu_s=10.0)
    found = diff(old, limited)
    assert {section.bridges for section in found.sections} == {(ASGI, FASTAPI)}
    only = diff(old, limited, ["falcon"])
    changes = [change for section in only.sections for change in section.changes]
    assert {change.unjudged.kind for change in changes} == {"no_bridge"}


def test_a_stack_that_answered_wrongly_is_not_judged_and_the_study_is_named():
    old, new = pair(5, new={"changed": (FLASK,)})
    wrong = change_slices(new, lambda one: one.label == FLASK, failures={"wrong_content": 1})
    found = worded_diff(diff(old, wrong))
    for change in changes_of(found, FLASK).values():
        assert "not judged, in the new study it gave wrong answers" in change.sentence


def test_a_study_without_verdicts_gives_none():
    old, new = pair(5, new={"changed": (FLASK,)}, design=replace(DEFAULT, blocks=3))
    found = worded_diff(diff(old, new))
    assert {change.unjudged.kind for change in changes_of(found, FLASK).values()} == {"study"}
    assert "it needs 4 blocks" in changes_of(found, FLASK)["count"].sentence


def test_stacks_of_one_study_alone_are_named_and_not_compared():
    old, new = pair(5)
    plan = replace(new.plan, entrants=new.plan.entrants[:3])
    found = worded_diff(diff(old, replace(new, plan=plan)))
    assert {one.label: one.became for one in found.stacks}[FLASK] == "removed"
    assert f"{FLASK} is only in the old study" in found.caveats


@pytest.fixture(scope="module")
def open_loops():
    """An open loop of which flask's times became a quarter longer."""
    studies = [
        simulate(speeds, shapes=(OPEN,), blocks=6, slice_s=0.5, seed=seed)
        for seed, speeds in enumerate(
            (
                {FALCON: 2400.0, ASGI: 2300.0, FLASK: 1500.0},
                {FALCON: 2400.0, ASGI: 2300.0, FLASK: 1200.0},
            )
        )
    ]
    return [
        replace(
            one,
            study_id=str(number) * 32,
            environment=replace(
                one.environment,
                stacks={
                    label: {"code": number if label == FLASK else 0}
                    for label in (FALCON, ASGI, FLASK)
                },
            ),
        )
        for number, one in enumerate(studies)
    ]


def test_response_times_are_told_as_times(open_loops):
    """A quarter more time is told as that, and `--fail-above` goes by it."""
    found = worded_diff(diff(*open_loops))
    assert [section.compared for section in found.sections] == [
        "response_p50_us",
        "response_p90_us",
    ]
    for section in found.sections:
        (change,) = section.changes
        assert change.ratio_low < 0.8 < change.ratio_high
        assert change.new > change.old
        assert "% higher than before" in change.sentence
        assert 0.1 < section.least_slowdown(change) < 0.25


def test_a_study_with_several_looks_makes_intervals_wider(slowed):
    """It may have ended at any of them, for what it showed."""
    old, new = slowed
    options = replace(new.plan.options, looks=(8, 16))
    looked = replace(new, plan=replace(new.plan, options=options))
    before, after = (changes_of(diff(old, one), FLASK)["count"] for one in (new, looked))
    assert after.ratio == before.ratio
    assert after.ratio_low < before.ratio_low
    assert after.ratio_high > before.ratio_high


@pytest.mark.parametrize(
    ("ratio_high", "share", "more"),
    [(0.94, 0.05, True), (0.96, 0.05, False), (1.1, 0.0, False), (0.999, 0.0, True)],
)
def test_slower_by_more_than_goes_by_the_end_of_the_interval_nearest_to_no_change(
    slowed, ratio_high, share, more
):
    found = diff(*slowed)
    section = found.sections[0]
    change = replace(section.changes[0], ratio_low=0.5, ratio_high=ratio_high)
    changed = replace(found, sections=(replace(section, changes=(change,)),))
    assert bool(list(changed.slower_by_more_than(share))) == more

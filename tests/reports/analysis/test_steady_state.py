"""A stack that changes its speed within a block is no speed; noise, and what hits all, is none."""

from dataclasses import replace

import numpy as np
import pytest

from reports.analysis.analysis import analyse
from reports.analysis.steady_state import changes
from tests.reports.simulated import simulate

STACKS = ("a", "b", "c", "d")


def rates(seed, *, stacks=STACKS, blocks=8, rounds=8, round_sd=0.05, plant=None):
    """Log rates with noise that is common to a round, and a stack's own; `plant` adds to them."""
    rng = np.random.default_rng(seed)
    made = {label: {} for label in stacks}
    for block in range(blocks):
        common = rng.normal(0, 0.1, rounds) + np.linspace(0, rng.normal(0, 0.1), rounds)
        for label in stacks:
            values = common + rng.normal(0, round_sd, rounds)
            if plant is not None:
                values = values + plant(label, block, np.arange(rounds), rounds)
            made[label][block] = list(values)
    return made


def leak(label, block, index, rounds, share=0.28):
    """Slower by 1 % a second, in a block of 28 s."""
    return np.log(1 - share * index / rounds) if label == "b" else 0.0


def halved(label, block, index, rounds):
    return np.where(index >= rounds // 2, np.log(0.5), 0.0) if label == "b" else 0.0


def halved_once(label, block, index, rounds):
    return halved(label, block, index, rounds) if block == 3 else 0.0


@pytest.mark.parametrize("plant", [leak, halved, halved_once])
@pytest.mark.parametrize("stacks", [STACKS, STACKS[:3]])
def test_what_is_planted_is_found_in_its_stack_and_no_other(plant, stacks):
    found = [changes(rates(seed, stacks=stacks, round_sd=0.03, plant=plant)) for seed in range(50)]
    assert all(set(one) == {"b"} and one["b"] < 0 for one in found)


def test_of_two_stacks_neither_is_known_to_be_the_steady_one():
    found = changes(rates(1, stacks=("a", "b"), plant=halved))
    assert set(found) == {"a", "b"}


@pytest.mark.parametrize("round_sd", [0.01, 0.05, 0.15])
@pytest.mark.parametrize("rounds", [3, 4, 8])
def test_noise_is_not_unsteady(round_sd, rounds):
    found = [
        label
        for seed in range(150)
        for label in changes(rates(seed, rounds=rounds, round_sd=round_sd))
    ]
    assert len(found) <= 0.01 * 150 * len(STACKS)


def test_what_slows_all_down_alike_is_the_machine():
    def slower(label, block, index, rounds):
        return np.where(index >= rounds // 2, np.log(0.5), 0.0)

    assert not any(changes(rates(seed, plant=slower)) for seed in range(20))


def planted(study, label, factor):
    """The study with the label's slices slower by `factor(slice)`."""
    slices = tuple(
        replace(s, duration_s=s.duration_s * factor(s), sum_us=round(s.sum_us * factor(s)))
        if s.label == label
        else s
        for s in study.slices
    )
    return replace(study, slices=slices)


def test_a_stack_that_halves_its_speed_in_every_block_has_no_place():
    study = planted(simulate(rounds=6), "flask:gunicorn", lambda s: 2.0 if s.round > 3 else 1.0)
    (comparison,) = analyse(study).comparisons
    exclusions = {s.label: s.exclusion and s.exclusion.kind for s in comparison.standings}
    assert exclusions.pop("flask:gunicorn") == "no_steady_state"
    assert set(exclusions.values()) == {None}


def test_a_study_as_simulated_is_steady():
    (comparison,) = analyse(simulate(rounds=6)).comparisons
    assert [s.exclusion for s in comparison.standings] == [None] * 4

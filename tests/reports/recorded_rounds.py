"""Studies of equal stacks, drawn from rounds that were really recorded.

Each stack keeps its own noise, as it was: skewed, and unequal between stacks. What is drawn is
whole rounds, so what the machine did to all stacks it does to all of them again. Every stack is
scaled by its own value over all recorded rounds, so in truth all are equal.

`recorded_rounds.npz` holds 64 rounds of 100 ms of each operation and load of a default study on a
machine whose two cores other programs used half of the time: answers and seconds of each slice in
closed loops, counts of response times by logarithmic bins in open ones. By these the rules of the
verdicts were chosen. `recorded_rounds_alone.npz`, which they never saw, holds as much of three
later studies on a machine that did nothing else.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.study.looks import LOOKS
from reports.analysis.eligibility import LEAST_BEYOND
from reports.analysis.estimates import pseudo_values
from reports.analysis.intervals import half_widths, pairs
from reports.analysis.pairs import TOLD_FACTOR
from reports.analysis.persistence import widening
from reports.analysis.sections import ALPHA, QUANTILES, SHARE_OF_LOOKS
from reports.analysis.spending import look_alphas

RECORDED = Path(__file__).with_name("recorded_rounds.npz")
RECORDED_ALONE = Path(__file__).with_name("recorded_rounds_alone.npz")
OPERATIONS = ("count", "letter_count", "predict")
LATE_AFTER_MEDIANS = 10


@dataclass(frozen=True)
class Noise:
    """The noise of the recorded slices, and the speeds that processes have in a block.

    `process_sd` of each stack's speeds, in the log; `persistence` is their correlation with those
    of the block before; half of their variance is common to all operations of a block.
    """

    process_sd: tuple[float, ...] = (0.008, 0.008, 0.008, 0.008)
    persistence: float = 0.0
    recording: Path = RECORDED

    def draw(self, rng, studies, cells, blocks):
        """Array of shape (cells, studies, stacks, blocks)."""
        shape = (studies, len(self.process_sd), blocks)
        parts = np.array([self._process(rng, shape) for _ in range(cells)])
        return np.sqrt(0.5) * (parts + self._process(rng, shape))

    def _process(self, rng, shape):
        drawn = rng.standard_normal(shape)
        for block in range(1, shape[-1]):
            before = self.persistence * drawn[..., block - 1]
            drawn[..., block] = before + np.sqrt(1 - self.persistence**2) * drawn[..., block]
        return drawn * np.array(self.process_sd)[:, None]


@dataclass(frozen=True)
class Design:
    """What a study of a mode measures: blocks, rounds in each, whether there are open loops."""

    blocks: int
    rounds: int
    open_loops: bool

    @property
    def sections(self):
        return len(OPERATIONS) * (4 if self.open_loops else 1)


QUICK = Design(4, 8, open_loops=False)
DEFAULT = Design(8, 8, open_loops=True)
SIXTEEN = Design(16, 8, open_loops=True)
CLOSED_ONLY, UNTIL_DECIDED = (Design(LOOKS[-1], 8, open_loops=each) for each in (False, True))


@dataclass(frozen=True)
class Drawn:
    """One section of many studies: what each block contributes, and the speed in it alone.

    Both are arrays of shape (studies, stacks, blocks). `enough` says of each study whether all
    stacks have enough late answers.
    """

    name: str
    by_block: np.ndarray
    of_blocks: np.ndarray
    enough: np.ndarray | bool = True

    def with_effects(self, effects):
        return replace(self, by_block=self.by_block + effects, of_blocks=self.of_blocks + effects)


def draw_studies(design, noise, studies, seed, blocks=None):
    """The sections of studies in which all stacks are equal, or of their first `blocks` only."""
    rng = np.random.default_rng(seed)
    recorded = np.load(noise.recording)
    effects = noise.draw(rng, studies, 2 * len(OPERATIONS), design.blocks)[..., :blocks]
    found = []
    size = (studies, design.blocks, design.rounds)
    for index, operation in enumerate(OPERATIONS):
        seconds = recorded[f"{operation}_duration_s"]
        answered = recorded[f"{operation}_answered"]
        drawn = rng.integers(0, len(answered), size)[:, :blocks]
        rates = _rates((answered, answered[drawn]), (seconds, seconds[drawn]))
        found.append(rates.with_effects(effects[2 * index]))
        if design.open_loops:
            counts = recorded[f"{operation}_counts"]
            drawn = rng.integers(0, len(counts), size)[:, :blocks]
            times = _times(counts, counts[drawn], recorded["edges"])
            found += [one.with_effects(effects[2 * index + 1]) for one in times]
    return found


def told_to_differ(sections, alpha):
    """Whether some pair of some section is told to differ, of each study."""
    deciding = [one.by_block for one in sections if one.name in ("rate", "p50")]
    wider = widening(deciding)[:, None, None]
    wrong = np.zeros(len(deciding[0]), bool)
    for one in sections:
        halves = wider * half_widths(one.by_block, alpha)
        if one.name != "rate":
            halves = np.maximum(halves, wider * half_widths(one.of_blocks, alpha))
            halves = np.where(halves < np.log(TOLD_FACTOR) / 2, halves, np.inf)
        means = one.by_block.mean(-1)
        apart = np.abs(means[..., :, None] - means[..., None, :]) > halves
        told = [apart[:, first, second] for first, second in pairs(means.shape[1])]
        wrong |= np.any(told, axis=0) & one.enough
    return wrong


def wrong_reports(design, noise, studies, seed=1):
    """The share of reports in which some pair of equal stacks is told to differ."""
    sections = draw_studies(design, noise, studies, seed)
    return float(told_to_differ(sections, ALPHA / design.sections).mean())


def wrong_at_looks(design, noise, studies, seed=1):
    """The share of studies that go on to the last look and are so told at any."""
    wrong = np.zeros(studies, bool)
    alphas = look_alphas(ALPHA / design.sections * SHARE_OF_LOOKS, len(noise.process_sd), LOOKS)
    for blocks, alpha in zip(LOOKS, alphas, strict=True):
        wrong |= told_to_differ(draw_studies(design, noise, studies, seed, blocks), alpha)
    return float(wrong.mean())


def _rates(answers, seconds):
    """From answers and seconds: all recorded rounds of shape (rounds, stacks), and those drawn."""
    true = np.log(answers[0].sum(0) / seconds[0].sum(0))
    got, took = (np.moveaxis(each[1].sum(2), 1, 2) for each in (answers, seconds))
    whole = np.log(got.sum(-1) / took.sum(-1)) - true
    left_got, left_took = (each.sum(-1, keepdims=True) - each for each in (got, took))
    without = np.log(left_got / left_took) - true[:, None]
    return Drawn("rate", pseudo_values(whole, without), np.log(got / took) - true[:, None])


def _times(recorded, drawn, edges):
    """p50, p90 and the late share, from counts of shape (..., stacks, bins).

    `edges` : of the bins, as the logarithm of the time over the stack's own median.
    """
    late = np.searchsorted(edges, np.log(LATE_AFTER_MEDIANS))
    quantities = {
        "p50": lambda counts: _log_quantile(counts, edges, QUANTILES["response_p50_us"]),
        "p90": lambda counts: _log_quantile(counts, edges, QUANTILES["response_p90_us"]),
        "late": lambda counts: _log_share(counts, late),
    }
    each = np.moveaxis(drawn.sum(2, dtype=np.float64), 1, 2)
    whole = each.sum(2)
    for name, quantity in quantities.items():
        true = quantity(recorded.sum(0))
        without = quantity(whole[:, :, None] - each) - true[:, None]
        by_block = pseudo_values(quantity(whole) - true, without)
        counted = name != "late" or (whole[..., late:].sum(-1) >= LEAST_BEYOND).all(-1)
        yield Drawn(name, -by_block, -(quantity(each) - true[:, None]), counted)


def _log_quantile(counts, edges, quantile):
    below = np.concatenate([np.zeros((*counts.shape[:-1], 1)), np.cumsum(counts, -1)], -1)
    rank = quantile * below[..., -1:]
    at = np.clip((below < rank).sum(-1, keepdims=True) - 1, 0, counts.shape[-1] - 1)
    start, end = (np.take_along_axis(below, at + step, -1) for step in (0, 1))
    part = ((rank - start) / np.maximum(end - start, 1e-9))[..., 0]
    low, high = edges[at[..., 0]], edges[at[..., 0] + 1]
    return low + part * (high - low)


def _log_share(counts, late):
    return np.log((counts[..., late:].sum(-1) + 0.5) / (counts.sum(-1) + 1))

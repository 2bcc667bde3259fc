"""One hunt: Hypothesis makes requests, all targets get them, and what differs is shrunk."""

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import Flaky, HypothesisWarning

from contract_tests.fuzz.comparison import ReplyComparison
from contract_tests.fuzz.errors import BackendLost
from contract_tests.fuzz.findings import Disagreement, Finding
from contract_tests.fuzz.requests import Facts, Kinds, sequences
from contract_tests.fuzz.sent import Raw, Sent, WellFormed
from contract_tests.fuzz.targets import FuzzTarget, Reply, send_all
from contract_tests.http.messages import get
from shared.contract import COUNT

# Hypothesis remembers all that it drew in a round, so a round must not be long.
_SEQUENCES_A_ROUND = 200
_MEAN_SEQUENCE = 5
MOST_FINDINGS = 20
_ASK_COUNT = WellFormed((get(COUNT.path),))


class Differs(Exception):
    """Signals to Hypothesis that a sequence shows a difference."""


@dataclass
class FuzzTally:
    """Counts of requests and answers.

    rounds : runs of Hypothesis, each with a seed of its own.
    requests : those that count toward the number that was asked for.
    statuses : of what most backends answered to well-formed requests.
    malformed : what was sent of it, by fault.
    allowed : how often each difference that is allowed was met.
    shrinking : requests that were sent to shrink a finding. repeated : known findings met again.
    """

    rounds: int = 0
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    malformed: Counter[str] = field(default_factory=Counter)
    allowed: Counter[str] = field(default_factory=Counter)
    shrinking: int = 0
    repeated: int = 0
    findings: list[Finding] = field(default_factory=list)


class Hunt:
    """Sends requests to `targets` until a number is reached; `tally` says what came of it."""

    def __init__(
        self,
        targets: Sequence[FuzzTarget],
        facts: Facts,
        kinds: Kinds,
        tally: FuzzTally,
        progress: Callable[[], None],
    ) -> None:
        self._targets = list(targets)
        self._sequences = sequences(facts, kinds)
        self._comparison = ReplyComparison(targets)
        self._tally = tally
        self._progress = progress
        self._known: set[object] = set()
        self._in_step = False
        self._lost = False

    def run(self, requests: int, base_seed: int) -> None:
        """Send at least `requests`, in rounds of which each is one run of Hypothesis.

        Ends early after `MOST_FINDINGS`. Raises `BackendLost`, after it was noted as a finding.
        """
        ends_at = self._tally.requests + requests
        while (left := ends_at - self._tally.requests) > 0:
            if len(self._tally.findings) >= MOST_FINDINGS:
                return
            self._run_round(base_seed * 1_000_003 + self._tally.rounds, left)
            self._tally.rounds += 1

    def _run_round(self, round_seed: int, left: int) -> None:
        ends_at = self._tally.requests + left
        found: list[Disagreement] = []

        @seed(round_seed)
        @settings(
            max_examples=min(_SEQUENCES_A_ROUND, left // _MEAN_SEQUENCE + 1),
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
            database=None,
            deadline=None,
            report_multiple_bugs=False,
            print_blob=False,
        )
        @given(self._sequences)
        def all_reply_alike(sequence: list[Sent]) -> None:
            if self._lost or (self._tally.requests >= ends_at and not found):
                return
            try:
                difference = self._play(sequence, counts=not found)
            except OSError as exc:
                self._lose(sequence, exc, round_seed)
                return
            if difference is not None and (found or not self._is_known(difference)):
                found.append(difference)
                raise Differs

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", HypothesisWarning)
                all_reply_alike()
        except (Differs, Flaky):
            self._keep(found, round_seed)
        if self._lost:
            raise BackendLost(self._tally.findings[-1].difference.groups[-1][1].fault)

    def _keep(self, found: Sequence[Disagreement], round_seed: int) -> None:
        """Note the last difference, which is the smallest, with only what must precede it."""
        smallest = found[-1]
        before = list(smallest.before)
        again = self._again([], smallest.sent)
        for sent in smallest.before if again is None else ():
            fewer = [other for other in before if other is not sent]
            if self._again(fewer, smallest.sent) is not None:
                before = fewer
        again = again or self._again(before, smallest.sent)
        self._known |= {difference.kind for difference in (found[0], again or smallest)}
        finding = Finding(
            again or smallest, round_seed, self._tally.requests, repeats=again is not None
        )
        self._tally.findings.append(finding)

    def _again(self, before: Sequence[Sent], sent: Sent) -> Disagreement | None:
        """The difference on `sent` if it shows once more."""
        difference = self._play([*before, sent], counts=False)
        return difference if difference is not None and difference.sent == sent else None

    def _lose(self, sequence: Sequence[Sent], reason: OSError, round_seed: int) -> None:
        """Note that a backend takes no connection any more: nothing can be sent again or shrunk."""
        self._lost = True
        names = tuple(target.name for target in self._targets)
        gone = Reply((), f"one of these takes no connection ({reason.strerror or reason})")
        difference = Disagreement(tuple(sequence[:-1]), sequence[-1], ((names, gone),))
        finding = Finding(difference, round_seed, self._tally.requests, repeats=False)
        self._tally.findings.append(finding)

    def _is_known(self, difference: Disagreement) -> bool:
        known = difference.kind in self._known
        self._tally.repeated += known
        return known

    def _play(self, sequence: Sequence[Sent], *, counts: bool) -> Disagreement | None:
        """Send a sequence, then ask for the count; return the first difference, if there is one."""
        if not self._in_step:
            self._step()
        for index, sent in enumerate((*sequence, _ASK_COUNT)):
            replies = send_all(self._targets, sent)
            self._note(sent, replies, counts=counts)
            allowed = self._tally.allowed if counts else Counter()
            groups = self._comparison.groups(sent, replies, allowed)
            if groups is not None:
                self._in_step = False
                return self._difference(sequence[:index], sent, replies, groups)
            if isinstance(sent, Raw):
                # Whether it was counted is open.
                self._step()
        self._comparison.set_bases(replies)
        return None

    def _step(self) -> None:
        """Open new connections, and compare counts from their present values on."""
        for target in self._targets:
            target.close()
        self._comparison.set_bases(send_all(self._targets, _ASK_COUNT))
        self._in_step = True

    def _note(self, sent: Sent, replies: Sequence[Reply], *, counts: bool) -> None:
        requests = 1 if isinstance(sent, Raw) else len(sent.requests)
        if not counts:
            self._tally.shrinking += requests
            return
        self._tally.requests += requests
        if isinstance(sent, Raw):
            self._tally.malformed[sent.what] += 1
        else:
            reply = self._comparison.majority(replies)
            self._tally.statuses.update(view.status for view in reply.answers)
        self._progress()

    def _difference(
        self,
        before: Sequence[Sent],
        sent: Sent,
        replies: Sequence[Reply],
        groups: list[list[int]],
    ) -> Disagreement:
        return Disagreement(
            tuple(before),
            sent,
            tuple(
                (tuple(self._targets[index].name for index in group), replies[group[0]])
                for group in groups
            ),
        )

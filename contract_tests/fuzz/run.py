"""A whole run: the stacks while they load, then in service, then behind a guard."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from contract_tests.backends import selection
from contract_tests.fuzz.errors import BackendLost
from contract_tests.fuzz.fleet import Fleet, launched
from contract_tests.fuzz.hunt import FuzzTally, Hunt
from contract_tests.fuzz.requests import GUARDED, LOADING, MAIN, Facts, Kinds
from contract_tests.fuzz.sent import WellFormed
from contract_tests.fuzz.targets import FuzzTarget, send_all
from contract_tests.fuzz.watch import Growth, Watch
from contract_tests.http.access import DIRECT, Access
from contract_tests.http.messages import get
from contract_tests.run.errors import NothingSelected
from implementations.catalogue import Stack
from implementations.launching.launcher import LaunchOptions
from implementations.places import temporary_directory
from shared.address import parse_address
from shared.contract import DEFAULT_CONTENT_LIMIT_BYTES, OPENAPI
from shared.settings import Settings

# So small that content about as long as the limit costs little, and 1,025 rows fit.
CONTENT_LIMIT_BYTES = 24 * 1024
# So that 401, 429 and 503, of which the rest has none, are more than a hundredth of the answers.
_LOADING_RATIO = 0.03
_GUARDED_RATIO = 0.06
_WARM_UP_RATIO = 0.1
# Below this, growth shows what is loaded once.
_LEAST_WARM_UP = 1000
KEYS = tuple(f"key-{number}" for number in range(8))


@dataclass(frozen=True)
class FuzzPlan:
    """The size and the backends of a run; stacks also run while loading and behind a guard.

    access : what requests to each URL get; its sample is the model of all of them.
    """

    requests: int
    seed: int
    stacks: Sequence[Stack] = ()
    urls: Sequence[str] = ()
    access: Access = DIRECT


@dataclass
class FuzzResult:
    """The result of a run; `replaced` are stacks of which a process ended."""

    plan: FuzzPlan
    tally: FuzzTally = field(default_factory=FuzzTally)
    growth: list[Growth] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    reopened: dict[str, int] = field(default_factory=dict)
    duration_s: float = 0.0
    interrupted: bool = False

    @property
    def passed(self) -> bool:
        """Whether all requests were sent, and nothing differed, grew or ended."""
        grown = any(growth.too_much for growth in self.growth)
        return not (self.tally.findings or grown or self.replaced or self.interrupted)


Progress = Callable[[str, int], None]
"""Takes the phase of a run and the number of requests sent."""


def run_fuzz(plan: FuzzPlan, progress: Progress) -> FuzzResult:
    """Send what the plan says; an interrupt ends the run, and the result says so.

    Raises `NothingSelected` for less than two backends, `BadUrl`, `Unreachable`, and what `launch`
    raises.
    """
    if len(plan.stacks) + len(plan.urls) < 2:
        raise NothingSelected
    result = FuzzResult(plan)
    began = time.monotonic()
    try:
        _Run(plan, result, progress).run()
    except KeyboardInterrupt:
        result.interrupted = True
    except BackendLost:
        pass  # it is among the findings
    result.duration_s = time.monotonic() - began
    return result


class _Run:
    def __init__(self, plan: FuzzPlan, result: FuzzResult, progress: Progress) -> None:
        self._plan = plan
        self._result = result
        self._progress = progress
        self._urls = [FuzzTarget(url, parse_address(url), {}, plan.access) for url in plan.urls]
        # Of several workers each would wait for its own model, and the guard would need Redis.
        self._single = [stack for stack in plan.stacks if stack.workers == 1]

    def run(self) -> None:
        plan = self._plan
        for source in selection.urls(plan.urls, plan.access):
            source.open().close()  # raises where nobody answers
        loading = guarded = 0
        if len(self._single) >= 2 and not plan.urls:
            loading = round(plan.requests * _LOADING_RATIO)
            guarded = round(plan.requests * _GUARDED_RATIO)
        limit = DEFAULT_CONTENT_LIMIT_BYTES if plan.urls else CONTENT_LIMIT_BYTES
        settings = Settings(content_limit_bytes=limit)
        options = LaunchOptions(settings=settings, while_loading=bool(loading))
        with self._launched(plan.stacks, options) as fleet:
            if loading:
                alone = [fleet.targets[plan.stacks.index(stack)] for stack in self._single]
                self._hunt("while loading", alone, LOADING, limit, loading)
                fleet.let_load()
            self._serve(fleet, limit, plan.requests - loading - guarded)
        if guarded:
            self._guard(limit, guarded)

    def _serve(self, fleet: Fleet, limit: int, requests: int) -> None:
        targets = [*fleet.targets, *self._urls]
        watch = Watch(fleet.running)
        warm_up = int(requests * _WARM_UP_RATIO)
        self._hunt("warm-up", targets, MAIN, limit, warm_up)
        if warm_up >= _LEAST_WARM_UP:
            watch.begin_growth()
        try:
            self._hunt("in service", targets, MAIN, limit, requests - warm_up)
        finally:
            self._result.growth = watch.growth()
            self._result.replaced += watch.replaced()
            for target in self._urls:
                target.close()

    def _guard(self, limit: int, requests: int) -> None:
        with TemporaryDirectory(prefix="podium-fuzz-", dir=temporary_directory()) as directory:
            keys_file = Path(directory) / "keys"
            keys_file.write_text("\n".join(KEYS))
            # So that the keys are used up, one after the other, in the course of the requests: the
            # first gets about a tenth of them, and the last a hundredth.
            rate_limit = f"{max(1, requests // 100)}/day"
            settings = Settings(
                content_limit_bytes=limit, api_keys_file=keys_file, rate_limit=rate_limit
            )
            with self._launched(self._single, LaunchOptions(settings=settings)) as fleet:
                watch = Watch(fleet.running)
                try:
                    self._hunt("behind a guard", fleet.targets, GUARDED, limit, requests)
                finally:
                    self._result.replaced += watch.replaced()

    @contextlib.contextmanager
    def _launched(self, stacks: Sequence[Stack], options: LaunchOptions) -> Iterator[Fleet]:
        self._progress("launching", self._result.tally.requests)
        with launched(stacks, options) as fleet:
            yield fleet
            for target in fleet.targets:
                before = self._result.reopened.get(target.name, 0)
                self._result.reopened[target.name] = before + target.reopened

    def _hunt(
        self, phase: str, targets: Sequence[FuzzTarget], kinds: Kinds, limit: int, requests: int
    ) -> None:
        facts = Facts(limit, _etag(targets), KEYS if kinds is GUARDED else ())
        tally = self._result.tally
        hunt = Hunt(targets, facts, kinds, tally, lambda: self._progress(phase, tally.requests))
        hunt.run(requests, self._plan.seed)


def _etag(targets: Sequence[FuzzTarget]) -> str:
    """The first backend's; those that have another differ at the first request."""
    reply = send_all(targets[:1], WellFormed((get(OPENAPI.path),)))[0]
    return dict(reply.answers[0].fields).get("ETag", '""') if reply.answers else '""'

"""One run of Schemathesis on a backend: all its phases and checks, from the document it serves."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson
import requests
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.openapi.checks import RejectedPositiveData

TIMEOUT_S = 30.0


class Failure(NamedTuple):
    """What a check found; `told` has the `curl` line that repeats it."""

    phase: str
    check: str
    told: str


@dataclass
class Outcome:
    """What came of a run.

    seed : makes the same run again.
    cases : how many requests each phase sent.
    checks : how often each check looked at an answer.
    answers : how often each operation gave each status: `("GET /docs", 200)`.
    followed : how often each link was followed with what an answer said, in the stateful phase.
    """

    seed: int
    failures: list[Failure] = field(default_factory=list)
    cases: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    followed: Counter[str] = field(default_factory=Counter)


def run_schemathesis(
    url: str, examples: int, seed: int | None = None, key: str | None = None
) -> Outcome:
    """Tests the backend at `url` with up to `examples` generated cases an operation and phase.

    seed : of everything that is random; None for a new one.
    key : of a guarded backend; where a check leaves it out on purpose it is not sent.
    """
    auth = {} if key is None else {"auth": {"openapi": {"bearer": {"bearer": key}}}}
    config = SchemathesisConfig.from_dict(
        {
            **({} if seed is None else {"seed": seed}),
            "base-url": url,
            "continue-on-failure": True,
            "request-timeout": TIMEOUT_S,
            **auth,
            "generation": {"max-examples": examples, "database": "none", "no-shrink": True},
        }
    )
    # Read here and not by its address: Schemathesis would know from that which operation serves
    # the document, and leave it out.
    document = requests.get(f"{url}/openapi.json", timeout=TIMEOUT_S).json()
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.hook(filter_failure)
    outcome = Outcome(config.seed)
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _note(event, outcome)
        elif isinstance(event, events.NonFatalError):
            outcome.failures.append(Failure(str(event.phase), "error", f"{event.value!r}"))
        elif isinstance(event, events.FatalError):
            raise event.exception
    return outcome


def filter_failure(context, failure, case, response) -> bool:
    """Lets one refusal of what the schema allows pass: rows out of the model's range.

    Which finite numbers these are the model alone can say, so no schema does; its answer says so
    with a sentence of its own.
    """
    if not isinstance(failure, RejectedPositiveData) or response.status_code != 422:
        return True
    details = {error["detail"] for error in orjson.loads(response.content)["errors"]}
    return details != {"is out of the model's range"}


def _note(event: events.ScenarioFinished, outcome: Outcome) -> None:
    phase, recorder = event.phase.value, event.recorder
    outcome.cases[phase] += len(recorder.interactions)
    for case_id, interaction in recorder.interactions.items():
        node = recorder.cases[case_id]
        operation = f"{interaction.request.method} {node.value.operation.path}"
        if interaction.response is None:
            outcome.failures.append(Failure(phase, "answer", f"{operation}: no answer"))
            continue
        outcome.answers[operation, interaction.response.status_code] += 1
        if node.is_transition_applied:
            outcome.followed[node.transition.id] += 1
    for checks in recorder.checks.values():
        for check in checks:
            outcome.checks[check.name] += 1
            found = check.failure_info
            if found is not None:
                told = f"{found.failure.title}: {found.failure.message}\n{found.code_sample}"
                outcome.failures.append(Failure(phase, check.name, told))
            elif check.status is not Status.SUCCESS:
                outcome.failures.append(Failure(phase, check.name, f"ended as {check.status}"))

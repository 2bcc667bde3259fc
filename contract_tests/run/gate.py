"""A quick check that a service keeps the contract, before it is put under load.

It is no substitute for the suite: a few dozen exchanges that a wrong build would most likely get
wrong, byte for byte, within a budget of seconds.
"""

import re
import time

from contract_tests.contract import expected
from contract_tests.http.connection import Connection
from contract_tests.http.errors import ExchangeError
from contract_tests.http.messages import Answer, Expected, Request, get, post, post_value
from contract_tests.http.sample import IRIS
from reports.check.results import GateResult
from shared.address import parse_address
from shared.sample import Sample

_ROW = [5.1, 3.5, 1.4, 0.2]
_CLASSIFIED = ["model", "predictions", "probabilities"]

_FIXED: tuple[tuple[Request, Expected], ...] = (
    (get("/api/health"), expected.HEALTHY),
    *(
        (post_value("/api/letter_count", {"name": name}), expected.letters(name))
        for name in ("Alice", "", "Zoë", "漢字", "🏁é", 'quote"and\\slash')
    ),
    (post_value("/api/letter_count", {}), expected.letters("")),
    (
        post_value("/api/letter_count", {"name": 5}),
        expected.invalid(("/name", "must be a string")),
    ),
    (post_value("/api/predict", {}), expected.invalid(("/instances", "is required"))),
    (
        post_value("/api/predict", {"instances": []}),
        expected.invalid(("/instances", "must have 1 to 1024 rows")),
    ),
    (post("/api/letter_count", b'{"name":NaN}'), expected.MALFORMED),
    (post("/api/predict", b""), expected.MALFORMED),
    (Request("POST", "/api/predict", (), b"{}"), expected.UNSUPPORTED),
    (post("/api/letter_count", b" " * (expected.LIMIT_BYTES + 1)), expected.TOO_LARGE),
    (get("/api/count/"), expected.NOT_FOUND),
    (get("/nowhere"), expected.NOT_FOUND),
    (get("/api/predict"), expected.NO_WRITE_METHOD),
    (Request("DELETE", "/api/count"), expected.NO_READ_METHOD),
)

_OF_IRIS: tuple[tuple[Request, Expected], ...] = (
    (
        post_value("/api/predict", {"instances": [_ROW, [1, True, "2", 3]]}),
        expected.invalid(
            ("/instances/1/1", "must be a number"), ("/instances/1/2", "must be a number")
        ),
    ),
)


def run_gate(url: str, budget_s: float, sample: Sample = IRIS) -> GateResult:
    """Check the service at `url` (`http://host:port`) for at most about `budget_s` seconds.

    What is not answered in that time has failed. `sample` : rows of its model.
    """
    address = parse_address(url)
    ends_at = time.monotonic() + budget_s
    failures: list[str] = []

    def exchange(request: Request) -> Answer | None:
        left_s = max(ends_at - time.monotonic(), 0.001)
        try:
            with Connection(address.host, address.port, left_s) as connection:
                return connection.exchange(request)
        except (ExchangeError, OSError) as exc:
            failures.append(f"{request}: {exc}")
            return None

    fixed = [*_FIXED, *(_OF_IRIS if sample is IRIS else ())]
    for request, wanted in fixed:
        answer = exchange(request)
        if answer is not None and answer.listed != wanted:
            failures.append(f"{request}: wanted {wanted}, got {answer.listed}")
    asked = post_value("/api/predict", {"instances": sample.instances(1)})
    failures += _failed_prediction(exchange(asked), sample)
    failures += _failed_counting(exchange(get("/api/count")), exchange(get("/api/count")))
    return GateResult(len(fixed) + 2, tuple(failures))


def _failed_prediction(answer: Answer | None, sample: Sample) -> list[str]:
    if answer is None:
        return []
    try:
        found = answer.json()
        good = (
            answer.status == 200
            and list(found) in (_CLASSIFIED, _CLASSIFIED[:-1])
            and found["predictions"] == sample.predicted(1)
            and (len(found) < 3 or abs(sum(found["probabilities"][0]) - 1) < 1e-9)
        )
    except (ExchangeError, TypeError, LookupError):
        good = False
    return [] if good else [f"{sample.predicted(1)} was not predicted: {answer}"]


def _failed_counting(first: Answer | None, second: Answer | None) -> list[str]:
    if first is None or second is None:
        return []
    number = re.fullmatch(rb'\{"count":([0-9]{1,18})\}', first.content)
    if number is None or second.listed != expected.count_answer(int(number[1]) + 1):
        return [f"the count did not go up by one: {first}, then {second}"]
    return []

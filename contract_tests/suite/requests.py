"""Requests that several sections send, and the refusal of a request over the rate limit."""

import re

from contract_tests.contract.expected import problem
from contract_tests.http.messages import Answer, Expected, Request, get, post_value
from contract_tests.suite.cases import case

NAME = "/api/letter_count"
ALICE = post_value(NAME, {"name": "Alice"})
COUNT = get("/api/count")
SETOSA = [5.1, 3.5, 1.4, 0.2]
ROW = post_value("/api/predict", {"instances": [SETOSA]})
TEXT = Request("POST", NAME, (("Content-Type", "text/plain"),), b"{}")
OPERATIONS = [
    case("count", COUNT),
    case("head", Request("HEAD", "/api/count")),
    case("letter_count", ALICE),
    case("letter_count-chunked", ALICE.in_chunks()),
    case("predict", ROW),
]


def rate_limited(answer: Answer) -> Expected:
    """Return the refusal of a request over the limit, with the `Retry-After` of `answer`."""
    value = answer.field("Retry-After") or ""
    is_time = re.fullmatch(r"0*[1-9][0-9]{0,9}", value) is not None
    return problem("rate_limited", retry_after=value if is_time else "whole seconds, 1 or more")

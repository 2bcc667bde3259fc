"""Workloads: for each operation a seeded set of varied requests with their expected answers.

The request set is the same for all stacks of a study. A slice sends it in an order drawn from the
slice's own seed, which all stacks of a round share, so every stack gets equal requests and none
can remember an answer for long.

- `count`: one request without content; the right answer depends on when it is sent.
- `letter_count`: names in six scripts and of emoji, 0 to 64 code points (short ones more often:
  the length is the smaller of two uniform draws), one in eight escaped as ASCII, one in 32 absent.
- `predict`: rows of the model's sample in a shuffled order, over and over, `rows` per request.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from shared.content import dumps
from shared.contract import COUNT, LETTER_COUNT, PREDICT, OperationName
from shared.sample import Sample

REQUEST_SET_SIZE = 256
MAX_SET_ROWS = 16_384
MAX_NAME_LENGTH = 64
# Each script's first and last code point.
SCRIPTS = (
    ("a", "z"),
    ("À", "ö"),
    ("α", "ω"),
    ("а", "я"),
    ("ا", "ي"),
    ("一", "龥"),
    ("😀", "🙏"),
)


@dataclass(frozen=True)
class ExpectedExchange:
    """The contents of a request and its right answer; `None`: none, or known only at run time.

    Of a model that is not known by name the answer has the predictions alone.
    """

    content: str | None
    answer: str | None


@dataclass(frozen=True)
class Workload:
    """The request set of one operation.

    `any_model` : consistent answers of another model are right. `fields` : further header fields
    of each request, by name and value.
    """

    operation: OperationName
    rows: int
    method: str
    path: str
    exchanges: tuple[ExpectedExchange, ...]
    any_model: bool = False
    fields: tuple[tuple[str, str], ...] = ()


def build_workload(
    operation: OperationName,
    *,
    seed: int,
    rows: int = 1,
    sample: Sample | None = None,
    any_model: bool = False,
) -> Workload:
    """Build the request set of `operation`; `predict` sends rows of the sample, and needs one."""
    rng = random.Random(f"{operation} {seed} {rows}")
    if operation == "count":
        return Workload("count", rows, "GET", COUNT.path, (ExpectedExchange(None, None),))
    if operation == "letter_count":
        names = tuple(_letter_count_exchange(rng, number) for number in range(REQUEST_SET_SIZE))
        return Workload("letter_count", rows, "POST", LETTER_COUNT.path, names)
    if sample is None:
        raise ValueError("predict sends rows of a sample")
    size = max(16, min(REQUEST_SET_SIZE, MAX_SET_ROWS // rows))
    order = list(range(len(sample.rows)))
    rng.shuffle(order)
    drawn = cycle(order)
    predictions = tuple(_predict_exchange(sample, list(islice(drawn, rows))) for _ in range(size))
    return Workload("predict", rows, "POST", PREDICT.path, predictions, any_model)


def asking_order(workload: Workload, seed: int) -> Sequence[int]:
    """Return the index of each exchange once, shuffled by `seed`; a slice repeats that order."""
    order = list(range(len(workload.exchanges)))
    random.Random(seed).shuffle(order)
    return order


def _letter_count_exchange(rng: random.Random, number: int) -> ExpectedExchange:
    if number % 32 == 31:
        return ExpectedExchange("{}", _letter_count_answer(""))
    first, last = rng.choice(SCRIPTS)
    length = min(rng.randint(0, MAX_NAME_LENGTH), rng.randint(0, MAX_NAME_LENGTH))
    name = "".join(chr(rng.randint(ord(first), ord(last))) for _ in range(length))
    content = json.dumps({"name": name}, ensure_ascii=number % 8 == 7)
    return ExpectedExchange(content, _letter_count_answer(name))


def _letter_count_answer(name: str) -> str:
    return dumps({"name": name, "letter_count": len(name)}).decode()


def _predict_exchange(sample: Sample, chosen: Sequence[int]) -> ExpectedExchange:
    content = dumps({"instances": [sample.rows[index] for index in chosen]}).decode()
    answer = sample.answer(chosen)
    return ExpectedExchange(content, None if answer is None else dumps(answer).decode())

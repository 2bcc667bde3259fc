"""A workload as the engine sends it: encoded for one target, each request with its check."""

from collections.abc import Iterator
from itertools import cycle

from benchmarks.engine.sockets.address import Address
from benchmarks.engine.sockets.request import Check, Exchange
from benchmarks.workload.answer_check import AnswerCheck, CountCheck, check_of
from benchmarks.workload.workload import Exchange as Asked
from benchmarks.workload.workload import Workload, asking_order


class WorkloadStream:
    """The requests of `workload` for the service at `address`.

    `count_check` is there for the operation `count` only, and sees all of the service's answers.
    """

    def __init__(self, workload: Workload, address: Address) -> None:
        self.workload = workload
        self.count_check = CountCheck() if workload.operation == "count" else None
        check = check_of(workload)
        self._exchanges = [
            Exchange(
                address.encode(
                    workload.method,
                    workload.path,
                    None if asked.content is None else asked.content.encode(),
                ),
                None if asked.answer is None else asked.answer.encode(),
                self.count_check or _value_check(check, asked),
            )
            for asked in workload.exchanges
        ]

    def order(self, seed: int) -> Iterator[Exchange]:
        """All requests in the order that `seed` gives, again and again."""
        return cycle([self._exchanges[place] for place in asking_order(self.workload, seed)])


def _value_check(check: AnswerCheck, asked: Asked) -> Check:
    return lambda _, content: check.why_wrong(asked, 0, content)

"""A workload as the engine sends it: encoded for one target, each request with its check."""

from collections.abc import Iterator
from itertools import cycle

from benchmarks.engine.sockets.address import TargetAddress
from benchmarks.engine.sockets.request import Check, EncodedExchange
from benchmarks.workload.answer_check import AnswerCheck, CountCheck, check_of
from benchmarks.workload.workload import ExpectedExchange, Workload, asking_order


class WorkloadStream:
    """The requests of `workload` for the service at `address`."""

    def __init__(self, workload: Workload, address: TargetAddress) -> None:
        self.workload = workload
        check = check_of(workload)
        self._exchanges = [
            EncodedExchange(
                address.encode(
                    workload.method,
                    workload.path,
                    None if exchange.content is None else exchange.content.encode(),
                ),
                None if exchange.answer is None else exchange.answer.encode(),
                check if isinstance(check, CountCheck) else _value_check(check, exchange),
            )
            for exchange in workload.exchanges
        ]

    def order(self, seed: int) -> Iterator[EncodedExchange]:
        """Return all requests in the order of `seed`, again and again."""
        return cycle([self._exchanges[index] for index in asking_order(self.workload, seed)])


def _value_check(check: AnswerCheck, exchange: ExpectedExchange) -> Check:
    return lambda _, content: check.find_fault(exchange, 0, content)

"""A workload as the engine sends it: encoded for one target, each request with its check."""

from collections.abc import Iterator, Sequence
from itertools import cycle

from benchmarks.engine.sockets.address import TargetAddress
from benchmarks.engine.sockets.request import Check, EncodedExchange
from benchmarks.workload.answer_check import AnswerCheck, CountCheck, check_of
from benchmarks.workload.workload import ExpectedExchange, Workload, asking_order

Fields = Sequence[tuple[str, str]]


class WorkloadStream:
    """The requests of `workload` for the service at `address`."""

    def __init__(self, workload: Workload, address: TargetAddress) -> None:
        self.workload = workload
        check = check_of(workload)
        self._exchanges = [
            EncodedExchange(
                _with_fields(
                    address.encode(
                        workload.method,
                        workload.path,
                        None if exchange.content is None else exchange.content.encode(),
                    ),
                    workload.fields,
                ),
                None if exchange.answer is None else exchange.answer.encode(),
                check if isinstance(check, CountCheck) else _value_check(check, exchange),
            )
            for exchange in workload.exchanges
        ]

    def order(self, seed: int) -> Iterator[EncodedExchange]:
        """Return all requests in the order of `seed`, again and again."""
        return cycle([self._exchanges[index] for index in asking_order(self.workload, seed)])


def _with_fields(request: bytes, fields: Fields) -> bytes:
    """Return the request with further header fields after its first line."""
    line, rest = request.split(b"\r\n", 1)
    added = [f"{name}: {value}\r\n".encode("latin-1") for name, value in fields]
    return b"".join([line, b"\r\n", *added, rest])


def _value_check(check: AnswerCheck, exchange: ExpectedExchange) -> Check:
    return lambda _, content: check.find_fault(exchange, 0, content)

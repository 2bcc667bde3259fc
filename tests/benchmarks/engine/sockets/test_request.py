"""An answer in other last digits is compared by its numbers once, then by its bytes."""

from benchmarks.engine.sockets.request import EncodedExchange
from benchmarks.workload.answer_check import check_of
from benchmarks.workload.workload import ExpectedExchange, Workload

RIGHT = '{"predictions":["a"],"probabilities":[[0.75,0.25]]}'
ALSO = b'{"predictions":["a"],"probabilities":[[0.7500000000000001,0.25]]}'
WRONG = b'{"predictions":["a"],"probabilities":[[0.7500001,0.25]]}'


def test_an_answer_that_agrees_is_compared_by_its_bytes_from_then_on():
    expected = ExpectedExchange("{}", RIGHT)
    check = check_of(Workload("predict", 1, "POST", "/", (expected,)))
    asked = []

    def counting(connection, content):
        asked.append(content)
        return check.find_fault(expected, 0, content)

    exchange = EncodedExchange(b"", RIGHT.encode(), counting)
    assert [exchange.wrong(0, ALSO) for _ in range(3)] == [None] * 3
    assert asked == [ALSO]
    assert exchange.wrong(0, WRONG) is not None
    assert exchange.wrong(0, RIGHT.encode()) is None
    assert exchange.wrong(0, WRONG) is not None


def test_a_count_is_looked_at_each_time():
    seen = []
    exchange = EncodedExchange(b"", None, lambda _, content: seen.append(content))
    for _ in range(3):
        assert exchange.wrong(0, b'{"count":1}') is None
    assert len(seen) == 3

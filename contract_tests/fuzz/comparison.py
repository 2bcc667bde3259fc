"""Differences between the replies of several backends, and those that the contract allows."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from contract_tests.fuzz.heads import REGISTERED_METHODS
from contract_tests.fuzz.sent import Raw, Sent, WellFormed
from contract_tests.fuzz.targets import BROKEN_OFF, FuzzTarget, Reply, View
from contract_tests.http.messages import Request

_COUNT = re.compile(rb'\{"count":([0-9]{1,18})\}')


@dataclass(frozen=True)
class AllowedReply:
    """A reply that no application can change; `fits` takes what was sent and the reply."""

    name: str
    traits: dict[str, str]
    fits: Callable[[Sent, Reply], bool]


def _refused_method(sent: Sent, reply: Reply) -> bool:
    return (
        isinstance(sent, WellFormed)
        and len(sent.requests) == 1
        and sent.requests[0].method not in REGISTERED_METHODS
        and [answer.status for answer in reply.answers] == [400]
        and not reply.answers[0].content.startswith(b"{")
    )


def _cut_chunks(sent: Sent, _: Reply) -> bool:
    return isinstance(sent, Raw) and sent.what == "cut chunks"


def _broken_off(sent: Sent, reply: Reply) -> bool:
    return isinstance(sent, Raw) and reply.fault == BROKEN_OFF


ALLOWED_REPLIES = (
    AllowedReply(
        "uvicorn's parser refuses a method that it does not know",
        {"server": "uvicorn"},
        _refused_method,
    ),
    AllowedReply(
        "granian ends wsgi.input where chunks break off",
        {"server": "granian", "interface": "wsgi"},
        _cut_chunks,
    ),
    # hyper drops a connection when it reads its end before the answer is written (`half_close`).
    AllowedReply(
        "granian closes on a client that sends no more, within the answer too",
        {"server": "granian"},
        _broken_off,
    ),
)


class ReplyComparison:
    """Compares replies of the same targets; counts are compared relative to a base of each."""

    def __init__(self, targets: Sequence[FuzzTarget]) -> None:
        self.targets = targets
        self._bases = [0] * len(targets)

    def set_bases(self, replies: Sequence[Reply]) -> None:
        """Compare counts from here on by their distance from these answers of `count`."""
        self._bases = [_number(reply) for reply in replies]

    def groups(
        self, sent: Sent, replies: Sequence[Reply], allowed: Counter[str]
    ) -> list[list[int]] | None:
        """Group the targets by reply, the largest group first; None where the contract is kept.

        A target is its index in `targets`. Names of allowed replies that were needed are added to
        `allowed`. An internal error is never right, even if all agree on it.
        """
        if isinstance(sent, Raw):
            return self._judged(sent, replies, allowed)
        if _all_equal(replies) and not _failed(replies[0]):
            return None
        comparable = [
            self._relative(sent, reply, base)
            for reply, base in zip(replies, self._bases, strict=True)
        ]
        indices = self._bound(sent, replies, range(len(replies)), allowed)
        grouped = _grouped(indices, comparable)
        if len(grouped) == 1 and not any(_failed(comparable[index]) for index in indices):
            return None
        return grouped

    def majority(self, replies: Sequence[Reply]) -> Reply:
        """Return the reply that most targets gave."""
        return Counter(replies).most_common(1)[0][0]

    def _judged(
        self, sent: Raw, replies: Sequence[Reply], allowed: Counter[str]
    ) -> list[list[int]] | None:
        """Group by the rule for malformed HTTP: those that keep it, then those that break it."""
        beyond = [index for index, reply in enumerate(replies) if not _is_tolerable(sent, reply)]
        wrong = self._bound(sent, replies, beyond, allowed)
        if not wrong:
            return None
        right = [index for index in range(len(replies)) if index not in wrong]
        return [group for group in (right, *_grouped(wrong, replies)) if group]

    def _bound(
        self,
        sent: Sent,
        replies: Sequence[Reply],
        indices: Iterable[int],
        allowed: Counter[str],
    ) -> list[int]:
        """Return those of `indices` whose reply is not an allowed one."""
        bound = []
        for index in indices:
            traits = self.targets[index].traits
            names = [
                allowed_reply.name
                for allowed_reply in ALLOWED_REPLIES
                if allowed_reply.traits.items() <= traits.items()
                and allowed_reply.fits(sent, replies[index])
            ]
            allowed.update(names)
            if not names:
                bound.append(index)
        return bound

    def _relative(self, sent: WellFormed, reply: Reply, base: int) -> Reply:
        """The same reply with counts from `base` on, and times without their value."""
        views = zip(sent.requests, reply.answers, strict=False)
        return reply._replace(answers=tuple(_timeless(_from(base, r, v)) for r, v in views))


def _from(base: int, request: Request, view: View) -> View:
    if view.status != 200 or (b"count" not in view.content[:8] and request.method != "HEAD"):
        return view
    if request.method == "HEAD":
        # The length of a count says how large it is, and the counts may differ by now; since the
        # base was asked for, a count may have passed a power of ten.
        digits = len(str(base))
        of_counts = {("Content-Length", str(length + 10)) for length in (digits, digits + 1)}
        return view._replace(fields=tuple(f for f in view.fields if f not in of_counts))
    found = _COUNT.fullmatch(view.content)
    if found is None:
        return view
    framing = ("Content-Length", str(len(view.content)))
    fields = tuple(field for field in view.fields if field != framing)
    return view._replace(fields=fields, content=b'{"count":+%d}' % (int(found[1]) - base))


def _timeless(view: View) -> View:
    """Return a 429 without the seconds to wait, which change from moment to moment."""
    if view.status != 429:
        return view
    fields = tuple(
        (name, "seconds" if name == "Retry-After" and value.isdecimal() else value)
        for name, value in view.fields
    )
    return view._replace(fields=fields)


def _number(reply: Reply) -> int:
    """The count in an answer of `count`; 0 where there is none."""
    found = _COUNT.fullmatch(reply.answers[0].content) if reply.answers else None
    return int(found[1]) if found else 0


def _all_equal(replies: Sequence[Reply]) -> bool:
    first = replies[0]
    return all(reply == first for reply in replies)


def _failed(reply: Reply) -> bool:
    return bool(reply.fault) or any(view.status == 500 for view in reply.answers)


def _is_tolerable(sent: Raw, reply: Reply) -> bool:
    """The contract's rule for malformed HTTP."""
    statuses = [view.status for view in reply.answers]
    return (
        not reply.fault
        and all(s == 501 or 400 <= s < 500 or (200 <= s < 300 and sent.acted_on) for s in statuses)
        and (sent.most_answers is None or len(statuses) <= sent.most_answers)
    )


def _grouped(indices: Sequence[int], replies: Sequence[Reply]) -> list[list[int]]:
    groups: dict[Reply, list[int]] = {}
    for index in indices:
        groups.setdefault(replies[index], []).append(index)
    return sorted(groups.values(), key=len, reverse=True)

"""Exchanges for all backends alike: well-formed requests, and bytes that may be malformed."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from contract_tests.http.access import DIRECT, Access
from contract_tests.http.messages import Request

_NEEDS_CONTENT = {200, 400, 422, 503}


@dataclass(frozen=True)
class WellFormed:
    """Well-formed requests, written at once on the connection that is open.

    requests : mostly one; several are pipelined.
    version : of HTTP, after which the connection is not used again where it is 1.0.
    cuts : offsets at which the bytes are divided into several writes.
    withheld : the content is announced and never sent, for the answer must not wait for it.
    """

    requests: tuple[Request, ...]
    version: str = "1.1"
    cuts: tuple[int, ...] = ()
    withheld: bool = False

    def writes(self, host: str, access: Access = DIRECT) -> list[bytes]:
        """The bytes of each write, to a backend whose `Host` field is `host`."""
        whole = b"".join(
            access.outgoing(
                request.head_bytes(host, self.version)
                + (b"" if self.withheld else request.content_bytes())
            )
            for request in map(access.adapted, self.requests)
        )
        if not self.cuts:
            return [whole]
        indices = sorted({0, len(whole), *(min(cut, len(whole)) for cut in self.cuts)})
        return [whole[start:end] for start, end in itertools.pairwise(indices)]

    @property
    def ends_connection(self) -> bool:
        """Whether the connection cannot be used for the next exchange."""
        return (
            self.version != "1.1"
            or self.withheld
            or any(
                name.lower() == "connection" and "close" in value.lower()
                for request in self.requests
                for name, value in request.fields
            )
        )

    def may_be_unread(self, statuses: Sequence[int]) -> bool:
        """Whether these answers needed no content though there is some."""
        return any(
            (request.content or request.chunks is not None)
            and not (request.method == "POST" and status in _NEEDS_CONTENT)
            for request, status in zip(self.requests, statuses, strict=True)
        )


@dataclass(frozen=True)
class Raw:
    """Bytes that may be no HTTP, on a connection of their own, whose sending side then closes.

    what : the fault that is in them.
    most_answers : how many answers they may get; None where what follows may well be a request.
    acted_on : whether a success is one of the answers that the contract allows.
    """

    what: str
    data: bytes
    most_answers: int | None = 1
    acted_on: bool = True


Sent = WellFormed | Raw

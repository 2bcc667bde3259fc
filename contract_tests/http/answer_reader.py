"""A strict reader of HTTP/1.1 answers (RFC 9112): any deviation is a `BrokenAnswer`."""

import re
from collections.abc import Callable

from contract_tests.http.errors import BrokenAnswer, ClosedEarly
from contract_tests.http.messages import Answer, Fields

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9]) [\t\x20-\x7e\x80-\xff]*\r\n")
_FIELD_LINE = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e\x80-\xff]?|"
    rb"[\x21-\x7e\x80-\xff][\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])[ \t]*\r\n"
)
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")
_LONGEST_LINE_BYTES = 64 * 1024
# Far more than any answer to what the suite asks; without a bound one that never ends is kept.
_LONGEST_ANSWER_BYTES = 64 * 1024 * 1024


class AnswerReader:
    """Takes answers from a stream of bytes; `receive` gives some, or none at the stream's end."""

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self._buffer = bytearray()
        self._received_bytes = 0

    def read_answer(self, method: str) -> Answer:
        """The next answer but interim ones, to a request with `method`.

        Raises `BrokenAnswer`, or `ClosedEarly` where the stream ends before the answer.
        """
        self._received_bytes = 0
        interim: list[int] = []
        while True:
            status = self._read_status()
            fields = self._read_fields()
            if status >= 200:
                break
            interim.append(status)
        return Answer(status, fields, self._read_content(method, status, fields), tuple(interim))

    def read_interim(self) -> int:
        """The status of the next answer, which must be an interim one."""
        status = self._read_status()
        fields = self._read_fields()
        if status >= 200:
            raise BrokenAnswer(
                f"{status} where an interim answer was due",
                f"{status} with {fields}".encode(),
                "100 Continue",
            )
        return status

    def read_rest(self) -> bytes:
        """All bytes until the stream's end."""
        while self._fill():
            pass
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    @property
    def unread(self) -> bytes:
        """The bytes that have come and were not read as part of an answer."""
        return bytes(self._buffer)

    def at_end(self) -> bool:
        """Whether the stream ends here; waits for more bytes, or for its end."""
        return not self._buffer and not self._fill()

    def _read_status(self) -> int:
        line = self._line()
        found = _STATUS_LINE.fullmatch(line)
        if found is None:
            raise BrokenAnswer(
                "a status line is malformed", line, "a status line such as HTTP/1.1 200 OK"
            )
        return int(found[1])

    def _read_fields(self) -> Fields:
        fields = []
        while (line := self._line()) != b"\r\n":
            found = _FIELD_LINE.fullmatch(line)
            if found is None:
                raise BrokenAnswer("a header field is malformed", line, "a line `Name: value`")
            fields.append((found[1].decode("ascii"), found[2].decode("latin-1")))
        return tuple(fields)

    def _read_content(self, method: str, status: int, fields: Fields) -> bytes:
        lengths = [value for name, value in fields if name.lower() == "content-length"]
        codings = [value.lower() for name, value in fields if name.lower() == "transfer-encoding"]
        _check_framing(status, lengths, codings)
        if method == "HEAD" or status in {204, 304}:
            return b""
        if codings:
            return self._read_chunks()
        if lengths:
            return self._take(int(lengths[0]))
        return self.read_rest()

    def _read_chunks(self) -> bytes:
        content = b""
        while size := self._read_chunk_size():
            content += self._take(size)
            if self._take(2) != b"\r\n":
                raise BrokenAnswer("a chunk does not end where its size says", content)
        self._read_fields()
        return content

    def _read_chunk_size(self) -> int:
        line = self._line()
        found = _CHUNK_LINE.fullmatch(line)
        if found is None:
            raise BrokenAnswer("a chunk size is malformed", line, "a size in hexadecimal digits")
        return int(found[1], 16)

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            if len(self._buffer) > _LONGEST_LINE_BYTES:
                raise BrokenAnswer("a line does not end", bytes(self._buffer))
            self._fill_or_fail()
        return self._take(self._buffer.index(b"\n") + 1)

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._fill_or_fail()
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _fill_or_fail(self) -> None:
        if not self._fill():
            raise ClosedEarly(bytes(self._buffer))

    def _fill(self) -> bool:
        received = self._receive()
        self._buffer += received
        self._received_bytes += len(received)
        if self._received_bytes > _LONGEST_ANSWER_BYTES:
            raise BrokenAnswer("an answer does not end", bytes(self._buffer[:_LONGEST_LINE_BYTES]))
        return bool(received)


def _check_framing(status: int, lengths: list[str], codings: list[str]) -> None:
    """Raise `BrokenAnswer` for fields that do not say where the content ends (section 6.3)."""
    if lengths and codings:
        raise BrokenAnswer("both Content-Length and Transfer-Encoding")
    if len(lengths) > 1 or len(codings) > 1:
        raise BrokenAnswer("a framing field is repeated", repr([*lengths, *codings]).encode())
    if lengths and re.fullmatch("[0-9]{1,18}", lengths[0], re.ASCII) is None:
        raise BrokenAnswer("Content-Length is no number", lengths[0].encode("latin-1"))
    if codings and codings != ["chunked"]:
        raise BrokenAnswer("an unknown transfer coding", codings[0].encode("latin-1"))
    if status == 204 and (lengths or codings):
        # RFC 9110 section 8.6: no Content-Length in a 204 answer.
        raise BrokenAnswer("a 204 answer with a framing field")

"""What of an answer is shown in an example of an error."""

import json
from itertools import takewhile

SHOWN_BYTES = 120
BEFORE_BYTES = 40
"""Shown of what comes before the place where two answers begin to differ."""


def excerpt(content: bytes, other: bytes = b"") -> str:
    """At most 120 bytes of `content`, quoted: the first, or those where it stops being `other`."""
    pairs = zip(content, other, strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    start = 0 if len(content) <= SHOWN_BYTES else max(0, same - BEFORE_BYTES)
    part = content[start : start + SHOWN_BYTES]
    text = json.dumps(part.decode("utf-8", "backslashreplace"), ensure_ascii=False)
    if len(part) == len(content):
        return text
    return f"{'… ' if start else ''}{text} … ({len(content)} bytes)"

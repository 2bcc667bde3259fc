"""Bytes as people read them: text where they are text, everything else as an escape."""

_LONGEST, _KEPT = 1500, 700


def readable(latin_1: str, whole_bytes: int) -> str:
    """Bytes (one character each) as text; of many the beginning, and the end if it is there.

    A line ends where the bytes have CR LF; a CR or LF alone is written as an escape.
    """
    data = latin_1.encode("latin-1")
    if whole_bytes <= _LONGEST and len(data) == whole_bytes:
        return _text(data)
    if len(data) < whole_bytes:
        return f"{_text(data[:_KEPT])}\n… {whole_bytes - _KEPT:,} bytes more"
    left_out = whole_bytes - 2 * _KEPT
    return f"{_text(data[:_KEPT])}\n… {left_out:,} bytes …\n{_text(data[-_KEPT:])}"


def printable(text: str) -> str:
    """Return the text with an escape for each invisible character but line ends."""
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode()
        for char in text
    )


def _text(data: bytes) -> str:
    lines = data.split(b"\r\n")
    return "\n".join(_line(line) for line in lines)


def _line(line: bytes) -> str:
    return printable(line.decode("utf-8", "backslashreplace").replace("\n", "\\n"))

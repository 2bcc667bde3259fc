"""What a server prints, on its way to our standard error."""

import os
import sys
import threading
from contextlib import suppress

_READ_BYTES = 1 << 16
_END_S = 1.0


class Relay:
    """Copies what comes in at `writer` to our standard error until its last holder closes it."""

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe()
        self.printed = False
        """Whether anything has come."""
        self._thread = threading.Thread(target=self._copy, name="server-output", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait until all of a server that has ended is copied."""
        self._thread.join(_END_S)

    def _copy(self) -> None:
        while data := os.read(self._reader, _READ_BYTES):
            self.printed = True
            # A terminal that is gone is no reason to stop the server, which would wait for us.
            with suppress(OSError, ValueError, AttributeError):
                sys.stderr.buffer.write(data)
                sys.stderr.buffer.flush()
        os.close(self._reader)

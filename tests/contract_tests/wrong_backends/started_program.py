"""A program of the gallery, started with one fault: a service in processes of its own."""

import subprocess
import sys
from pathlib import Path
from typing import Self


class StartedProgram:
    """The program, started; a context manager that leaves nothing of it.

    It takes the name of its fault, and writes its port on its first line.
    """

    host = "127.0.0.1"

    def __init__(self, program: Path, fault: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(program), fault], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends it at once, whatever it does about SIGTERM."""
        self.process.kill()
        self.process.communicate()

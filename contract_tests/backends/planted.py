"""A stack with a defect planted into the service that its implementation wraps."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from contract_tests.backends import planted_app
from implementations.catalogue import Stack
from implementations.entry import FILE_NAME, read_entry


@contextlib.contextmanager
def planted_stack(stack: Stack) -> Iterator[Stack]:
    """The same server and implementation, with `planted_app` between them; an entry from outside.

    It can be launched until the context is left.
    """
    entry = stack.entry
    with tempfile.TemporaryDirectory(prefix="podium-planted-") as made:
        folder = Path(made)
        (folder / FILE_NAME).write_text(
            f'name = "{entry.name}-planted"\n'
            f'interface = "{entry.interface}"\n'
            f'servers = ["{stack.server.name}"]\n'
            f'model_call = "{entry.model_call}"\n',
            encoding="utf-8",
        )
        (folder / "app.py").symlink_to(planted_app.__file__)
        (folder / planted_app.ORIGINAL).symlink_to(entry.directory)
        planted = replace(read_entry(folder), package=entry.package, python=entry.python)
        yield replace(stack, entry=planted)

"""Let the commands of an environment work wherever it is copied or moved with its checkout.

`make env` runs `python -m podium.relocate`. pip writes absolute paths: of the checkout into
`_podium.pth`, which Python before 3.13 also cannot read where the path is not ASCII and the locale
is C, and of the environment into the first line of each command.
"""

import os
import re
import sys
import sysconfig
from pathlib import Path

# To a shell the line after the first is `:`, to Python it begins a text, which says nothing to it.
# What is unset would let Python find other modules than those of the environment, or run them
# without their assertions.
HEAD = """\
#!/bin/sh
''':'
unset PYTHONHOME PYTHONOPTIMIZE PYTHONPATH
exec "$(dirname -- "$(readlink -f -- "$0")")/python" -P "$0" "$@"
'''
"""
# As pip writes it, the second where the path is long or has a space in it.
_ABSOLUTE = re.compile(r"#!/.*/python[\d.]*\n|#!/bin/sh\n'''exec' .*\n' '''\n")


def relocate(commands: Path, site_packages: Path, checkout: Path) -> None:
    """Rewrite the commands in a folder, and `_podium.pth` in another."""
    relative = os.path.relpath(checkout.resolve(), site_packages.resolve())
    (site_packages / "_podium.pth").write_text(f"{relative}\n", encoding="ascii")
    for command in commands.iterdir():
        if command.is_symlink() or not command.is_file():
            continue
        text = command.read_text(encoding="latin-1")  # some are no scripts, and left as they are
        if head := _ABSOLUTE.match(text):
            command.write_text(HEAD + text[head.end() :], encoding="latin-1")


if __name__ == "__main__":
    checkout = Path(__file__).parents[1]
    relocate(Path(sys.prefix, "bin"), Path(sysconfig.get_path("purelib")), checkout)

"""The command that measures one stack of a study again, beside another."""

import shlex
from collections.abc import Iterator, Sequence

# Options of `podium compare` that take no value, and those that are not repeated: a quick study has
# no twin, and the file of a study is there already.
FLAGS = frozenset({"--quick", "--thorough", "--until-decided", "--details", "--json"})
LEFT_OUT = frozenset({"--quick", "--details", "--json", "--study"})


def command_for(command: Sequence[str], labels: Sequence[str]) -> str:
    """Return `command`, of `podium compare`, for these stacks only, as a line for a shell."""
    program, verb, *arguments = command if len(command) > 1 else ("podium", "compare")
    return shlex.join([program, verb, *labels, *_kept(arguments)])


def _kept(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the options that hold for fewer stacks too, and no stack."""
    words = iter(arguments)
    for word in words:
        if not word.startswith("--"):
            continue
        name, given, _ = word.partition("=")
        value = [] if given or name in FLAGS else [next(words, "")]
        if name not in LEFT_OUT:
            yield from (word, *value)

"""Options of the launch of a stack."""

from collections.abc import Callable
from dataclasses import dataclass, field

from shared.settings import Settings


@dataclass(frozen=True)
class LaunchOptions:
    """Options of the start of a stack.

    `host` : an IP address or a name; see `shared.address.listen_hosts` for which address that is.
    `port` : None for any that is free.
    `cores` : CPU numbers that all its processes are confined to; None for all. Linux only.
    `hash_seed` : of its interpreters (PYTHONHASHSEED); None for a random one.
    `ready_timeout_s` : time until it must answer.
    `preload` : its workers are forked from a process that has loaded the model.
    `while_loading` : it is launched when it answers at all; `wait_ready` then waits for the model.
    `show_output` : it prints to our standard error instead of into a file.
    `waiting` : is called with what is waited for, once that takes longer than 2 s.
    `settings` : of the service; nothing of them comes from our own environment. `grace_s` is also
        the time after which a stack that was asked to stop is killed. The launcher adds what
        belongs to one start: workers, counter, ready files, and the prefix in Redis.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    cores: frozenset[int] | None = None
    hash_seed: int | None = None
    ready_timeout_s: float = 60.0
    preload: bool = False
    while_loading: bool = False
    show_output: bool = False
    waiting: Callable[[str], None] = lambda _: None
    settings: Settings = field(default_factory=Settings)

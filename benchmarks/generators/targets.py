"""Targets of the generators: servers that do next to nothing, and stacks."""

import shutil
import socket
import subprocess
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.child_process import ChildProcess
from benchmarks.engine.errors import NginxSilent
from implementations.catalogue import all_stacks, find_obstacle, find_stack
from implementations.launching.launcher import LaunchOptions, launch

CONTENT = '{"name":"Alice"}'
ANSWER = '{"name":"Alice","letter_count":5}'
START_TIMEOUT_S = 30.0

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log stderr crit;
events {{ worker_connections 12000; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 300;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    default_type application/json;
    location / {{ return 200 '{answer}'; }}
  }}
}}
"""


@contextmanager
def null_server(cores: Collection[int] | None) -> Iterator[tuple[str, str]]:
    """Serve our null server, which knows the one request; yield (name, URL)."""
    server = ChildProcess("benchmarks.engine.null_server", cores)
    try:
        port = server.ask({"exchanges": [[CONTENT, ANSWER]]}, START_TIMEOUT_S)["port"]
        yield "our null server", f"http://127.0.0.1:{port}"
    finally:
        server.end()


@contextmanager
def nginx(cores: Collection[int] | None) -> Iterator[tuple[str, str]]:
    """Serve a constant by nginx with one worker process; yield (name, URL)."""
    with TemporaryDirectory() as folder:
        with socket.create_server(("127.0.0.1", 0)) as placeholder:
            port = placeholder.getsockname()[1]
        config = Path(folder) / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, port=port, answer=ANSWER))
        pin = ["taskset", "-c", ",".join(map(str, cores))] if cores else []
        with subprocess.Popen([*pin, "nginx", "-c", str(config)]) as process:
            try:
                _wait_for(port)
                yield "nginx", f"http://127.0.0.1:{port}"
            finally:
                process.terminate()


def granian(cores: Collection[int] | None) -> AbstractContextManager[tuple[str, str]]:
    """Serve the stack `wsgi:granian` with one worker process; yield (name, URL)."""
    return served("wsgi:granian", cores)


@contextmanager
def served(name: str, cores: Collection[int] | None) -> Iterator[tuple[str, str]]:
    """Serve the stack `name` with one worker process; yield (name, URL)."""
    stack = find_stack(name)
    options = LaunchOptions(cores=frozenset(cores) if cores else None)
    with launch(stack, options) as server:
        yield stack.name, server.url


def stack_names(chosen: Sequence[str]) -> list[str]:
    """Return names of stacks; `all` is every stack that can run here. Raises `UnknownStack`."""
    if list(chosen) == ["all"]:
        return [stack.name for stack in all_stacks() if find_obstacle(stack) is None]
    return [find_stack(name).name for name in chosen]


def nginx_is_installed() -> bool:
    """Whether nginx is installed."""
    return shutil.which("nginx") is not None


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)  # nginx says nowhere when it listens
        else:
            return
    raise NginxSilent

"""`make bench-peers`: the fastest stacks beside other model servers, all with the same iris model.

Each peer is installed into an environment of its own in the cache, by pip, at the first run. All
are started with one worker on one core, and slices of them take turns; wrk, on another core, sends
one row again and again and compares each answer. Who cannot be installed or started is out, with
the reason. Progress goes to standard error. Exit status: 0; 1 if the fastest stack is not 6 times
as fast as the fastest peer; 2 if it could not run; 130 after Ctrl-C.
"""

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from benchmarks.errors import NoWrk, PeerOut, WrongAnswers
from benchmarks.machine.cores import split_cores
from benchmarks.peers.environments import make_environment, serving
from benchmarks.peers.peer import PEERS, Peer
from benchmarks.ranges import integer
from benchmarks.study.order import round_order
from implementations.catalogue import find_stack
from implementations.launching.launcher import LaunchOptions, launch
from shared.content import dumps
from shared.model.built_in import DEFAULT_MODEL, built_in_version
from shared.model.manifest import Cell
from shared.model.model import sample_of
from shared.model.version import ESTIMATOR

STACKS = ("falcon:granian", "wsgi:granian")
ASKED_RATIO = 6.0
"""The requests/s of the fastest stack that are asked for, as a multiple of the fastest peer's."""

_LUA = """\
wrk.method = "POST"
wrk.body = {content}
wrk.headers["Content-Type"] = "application/json"
local expected, threads = {answer}, {{}}
wrong = 0
function setup(thread) table.insert(threads, thread) end
function response(status, headers, body)
  if status ~= 200 or body ~= expected then wrong = wrong + 1 end
end
function done()
  local sum = 0
  for _, thread in ipairs(threads) do sum = sum + thread:get("wrong") end
  print("wrong: " .. sum)
end
"""


@dataclass(frozen=True)
class _Server:
    """What is asked, and the bytes of the right answer."""

    name: str
    url: str
    content: bytes
    answer: bytes


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and return the exit status."""
    chosen = _parse(arguments)
    if shutil.which("wrk") is None:
        raise NoWrk
    cores = split_cores(1)
    if not cores.disjoint:
        print("Server and generator share a core here: the figures mean little.", file=sys.stderr)
    sample = sample_of(DEFAULT_MODEL)
    row, label = list(sample.rows[0]), (sample.predictions or ())[0]
    with ExitStack() as opened:
        servers = []
        for stack in chosen.stacks:
            running = opened.enter_context(
                launch(find_stack(stack), LaunchOptions(cores=cores.servers))
            )
            content = dumps({"instances": [row]})
            url = f"{running.url}/api/predict"
            servers.append(_Server(stack, url, content, _answer(stack, url, content)))
        model = built_in_version(DEFAULT_MODEL) / ESTIMATOR
        for peer in PEERS:
            print(f"podium: {peer.name}", file=sys.stderr)
            try:
                url = opened.enter_context(
                    serving(peer, make_environment(peer), model, cores.servers)
                )
                servers.append(_peer_server(peer, url, row, label))
            except PeerOut as exc:
                print(f"podium: {exc}", file=sys.stderr)
        rates: dict[str, list[float]] = {server.name: [] for server in servers}
        by_name = {server.name: server for server in servers}
        for number in range(chosen.rounds):
            print(f"round {number + 1} of {chosen.rounds}", file=sys.stderr)
            for name in round_order(list(by_name), number, "peers"):
                rates[name].append(_wrk(by_name[name], chosen, cores.generator))
    return _print(rates, chosen.stacks)


def _peer_server(peer: Peer, url: str, row: Sequence[Cell], label: object) -> _Server:
    """Return what a peer is asked and answers; raises `PeerOut` if that is not the label."""
    content = dumps(peer.content(row))
    answer = _answer(peer.name, url, content)
    if peer.predictions(json.loads(answer)) != [label]:
        raise PeerOut(peer.name, "answers otherwise", answer.decode())
    return _Server(peer.name, url, content, answer)


def _print(rates: dict[str, list[float]], stacks: Sequence[str]) -> int:
    medians = {name: statistics.median(each) for name, each in rates.items()}
    best = max(stacks, key=lambda name: medians[name])
    print(f"| server | requests/s | {best} as a multiple |\n|---|---|---|")
    for name in sorted(medians, key=lambda one: -medians[one]):
        ratios = [ours / theirs for ours, theirs in zip(rates[best], rates[name], strict=True)]
        print(f"| {name} | {medians[name]:,.0f}/s | {statistics.median(ratios):.2f} |")
    peers = [rate for name, rate in medians.items() if name not in stacks]
    return int(bool(peers) and medians[best] < ASKED_RATIO * max(peers))


def _answer(name: str, url: str, content: bytes) -> bytes:
    """Return the answer to the request; raises `PeerOut` if it is none."""
    try:
        answer = requests.post(
            url, data=content, headers={"Content-Type": "application/json"}, timeout=60
        )
    except requests.RequestException as exc:
        raise PeerOut(name, "does not answer", str(exc)) from exc
    if answer.status_code != 200:
        raise PeerOut(name, f"answers {answer.status_code}", answer.text)
    return answer.content


def _wrk(server: _Server, chosen: argparse.Namespace, cores: Collection[int] | None) -> float:
    """Return the requests/s of one slice; raises `WrongAnswers`."""
    with TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        texts = {"content": _lua(server.content), "answer": _lua(server.answer)}
        script.write_text(_LUA.format(**texts))
        pinned = ["taskset", "-c", ",".join(map(str, cores))] if cores else []
        options = ["-t1", f"-c{chosen.connections}", f"-d{chosen.duration}s", "-s", str(script)]
        done = subprocess.run(
            [*pinned, "wrk", *options, server.url], capture_output=True, text=True, check=True
        )
    wrong = int(_number(r"wrong: (\d+)", done.stdout))
    if wrong:
        raise WrongAnswers(server.name, "predict", {"answers of wrk": wrong}, {})
    return _number(r"Requests/sec:\s+([\d.]+)", done.stdout)


def _number(pattern: str, output: str) -> float:
    found = re.search(pattern, output)
    if found is None:
        raise PeerOut("wrk", "prints no figure", output)
    return float(found[1])


def _lua(text: bytes) -> str:
    return '"' + "".join(f"\\{byte:03d}" for byte in text) + '"'


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog='example: make bench-peers ARGS="falcon:granian --rounds 3"',
    )
    parser.add_argument(
        "stacks", nargs="*", default=STACKS, metavar="STACK", help="of ours, such as flask:granian"
    )
    parser.add_argument(
        "--connections",
        type=integer(1, 1000),
        default=8,
        help="in a closed loop (default: %(default)s)",
    )
    parser.add_argument(
        "--duration", type=integer(1, 60), default=2, help="of a slice, in s (default: %(default)s)"
    )
    parser.add_argument(
        "--rounds", type=integer(1, 1000), default=7, help="slices of each (default: %(default)s)"
    )
    return parser.parse_args(arguments)

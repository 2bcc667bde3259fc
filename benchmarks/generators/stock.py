"""Measures stock Locust: `HttpUser` or `FastHttpUser` in a closed loop, as its documents show it.

`python -m benchmarks.generators.stock {HttpUser,FastHttpUser} URL CONNECTIONS SECONDS` sends the
content on standard input to URL and prints one JSON object: requests answered, seconds, CPU
seconds. The first half second is not counted.
"""

# isort: off
import locust  # first of all: it patches
from locust.env import Environment
# isort: on

import argparse
import json
import logging
import sys
import time
from typing import Any

import gevent

from benchmarks.child_process import die_with_parent

WARM_UP_S = 0.5


def main() -> None:
    """Run the users for a while and print their figures."""
    die_with_parent()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("user", choices=("HttpUser", "FastHttpUser"))
    parser.add_argument("url")
    parser.add_argument("connections", type=int)
    parser.add_argument("seconds", type=float)
    chosen = parser.parse_args()
    content, json_type = sys.stdin.buffer.read(), {"Content-Type": "application/json"}
    base: Any = getattr(locust, chosen.user)
    origin, _, path = chosen.url.partition("/api")

    class Stock(base):  # type: ignore[misc]  # its base is chosen at run time
        host = origin

        def on_start(self) -> None:
            self.client.trust_env = False  # HttpUser would take a proxy that the shell names

        @locust.task
        def ask(self) -> None:
            self.client.post(f"/api{path}", data=content, headers=json_type)

    logging.getLogger("locust").setLevel(logging.ERROR)
    environment = Environment(user_classes=[Stock])
    runner = environment.create_local_runner()
    runner.start(chosen.connections, spawn_rate=chosen.connections)
    gevent.sleep(WARM_UP_S)
    total = environment.stats.total
    before, cpu_s, started_s = total.num_requests, time.process_time(), time.perf_counter()
    gevent.sleep(chosen.seconds)
    print(
        json.dumps(
            {
                "answered": total.num_requests - before,
                "duration_s": time.perf_counter() - started_s,
                "cpu_s": time.process_time() - cpu_s,
                "failures": total.num_failures,
            }
        ),
        flush=True,
    )
    runner.quit()


if __name__ == "__main__":
    main()

"""Prints one operation's requests and expected answers.

A process that has imported locust runs this one, because computing the right predictions imports
scikit-learn, which takes seconds in which Locust's worker could not send heartbeats.
"""

import argparse
import functools
import json
import subprocess
import sys
from typing import Any

from benchmarks.workload.workload import ExpectedExchange, Workload, build_workload
from shared.contract import OPERATIONS, OperationName

# It imports scikit-learn, which takes seconds; on a heavily loaded machine, many.
TIMEOUT_S = 120.0


@functools.cache
def workload_from_request_set(
    operation: OperationName, *, seed: int, rows: int, any_model: bool
) -> Workload:
    """Return the workload with its expected answers, computed by a process of its own."""
    arguments = [operation, f"--seed={seed}", f"--rows={rows}"]
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.workload.request_set", *arguments],
        check=True,
        stdout=subprocess.PIPE,
        timeout=TIMEOUT_S,
    )
    parts: dict[str, Any] = json.loads(run.stdout)
    exchanges = tuple(ExpectedExchange(**members) for members in parts.pop("exchanges"))
    return Workload(**parts, exchanges=exchanges, any_model=any_model)


def main() -> None:
    """Print the request set of the given operation as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("operation", choices=OPERATIONS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, default=1)
    chosen = parser.parse_args()
    reference = None
    if chosen.operation == "predict":
        from shared.service import reference_answers  # noqa: PLC0415 (imports scikit-learn)

        reference = reference_answers()
    workload = build_workload(
        chosen.operation, seed=chosen.seed, rows=chosen.rows, reference=reference
    )
    print(
        json.dumps(
            {
                "operation": workload.operation,
                "rows": workload.rows,
                "method": workload.method,
                "path": workload.path,
                "exchanges": [vars(exchange) for exchange in workload.exchanges],
            }
        )
    )


if __name__ == "__main__":
    main()

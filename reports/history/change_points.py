"""Lasting changes in series of figures, found by Apache Otava.

Otava is a program of its own (https://otava.apache.org): it needs another numpy than podium is
locked to, so it is called, not imported. It finds changes by E-divisive means and keeps those that
a t test confirms (M. Fleming et al., "Hunter: using change point detection to hunt for performance
regressions", ICPE 2023).
"""

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reports.errors import OtavaFailed, OtavaMissing
from reports.history.findings import ChangePoint

LEAST_POINTS = 11
TIMEOUT_S = 600.0
# Otava orders by time, and a study's may be that of another; days stand for their order.
FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC)


def find_change_points(
    series: Sequence[Sequence[float]], least_change_ratio: float
) -> list[tuple[ChangePoint, ...]]:
    """Return the change points of each series; those of `LEAST_POINTS` or more are looked at.

    `study` of a change point is the place in its series, from 0. Changes of less than
    `least_change_ratio`, as a share, are left out. Raises OtavaMissing and OtavaFailed.
    """
    program = otava()
    if program is None:
        raise OtavaMissing
    found: list[tuple[ChangePoint, ...]] = [() for _ in series]
    long_enough = [index for index, one in enumerate(series) if len(one) >= LEAST_POINTS]
    if not long_enough:
        return found
    with TemporaryDirectory() as folder:
        for index in long_enough:
            _write(Path(folder) / f"{index}.csv", series[index])
        printed = _run(program, Path(folder), long_enough, least_change_ratio)
    for name, groups in printed.items():
        found[int(name.removeprefix("series"))] = tuple(
            ChangePoint(
                study=change["index"],
                ratio=float(change["mean_after"]) / float(change["mean_before"]),
                p=float(change["pvalue"]),
            )
            for group in groups
            for change in group["changes"]
        )
    return found


def otava() -> str | None:
    """Return the program: beside our Python, or on the PATH; None where it is not installed."""
    return shutil.which("otava", path=Path(sys.executable).parent) or shutil.which("otava")


def _write(path: Path, values: Sequence[float]) -> None:
    with path.open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "ratio"])
        for number, value in enumerate(values):
            day = FIRST_DAY + timedelta(days=number)
            writer.writerow([day.strftime("%Y-%m-%d %H:%M:%S %z"), f"{value:.9g}"])


def _run(
    program: str, folder: Path, indices: Sequence[int], least_change_ratio: float
) -> dict[str, Any]:
    """Return what Otava prints: one JSON document a line and series."""
    names = [f"series{index}" for index in indices]
    tests = {
        name: {
            "type": "csv",
            "file": str(folder / f"{index}.csv"),
            "time_column": "time",
            "metrics": {"ratio": {"column": "ratio"}},
        }
        for name, index in zip(names, indices, strict=True)
    }
    config = folder / "otava.yaml"
    config.write_text(json.dumps({"tests": tests}), encoding="utf-8")  # JSON is YAML
    try:
        done = subprocess.run(
            [
                *(program, "analyze", "--config-file", str(config), "--output", "json"),
                *("--since", FIRST_DAY.date().isoformat()),
                *("--magnitude", f"{least_change_ratio:g}", *names),
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )
        documents = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
        return {name: groups for one in documents for name, groups in one.items()}
    except subprocess.CalledProcessError as exc:
        raise OtavaFailed(program, exc.stderr.strip().splitlines()[-1:]) from exc
    except (OSError, ValueError, AttributeError, subprocess.SubprocessError) as exc:
        raise OtavaFailed(program, [str(exc)]) from exc

"""Quota, time throttled and memory of control groups, read from files as the kernel shows them."""

from pathlib import Path

import pytest

from benchmarks.machine.control_group import cpu_quota_cores, memory_limit_bytes, throttled_s

UNIFIED = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"
CPU = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct"
MEMORY = "33 31 0:30 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory"
DISK = "24 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw"


def system(root: Path, groups: str, mounts: list[str], files: dict[str, str]) -> Path:
    """Make a root folder with these control groups in it."""
    files = files | {"proc/self/cgroup": groups, "proc/self/mountinfo": "\n".join([DISK, *mounts])}
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


@pytest.mark.parametrize(
    ("groups", "mounts", "files", "found"),
    [
        ("0::/", [UNIFIED], {}, (None, None, None)),
        (
            "0::/app",
            [UNIFIED],
            {
                "sys/fs/cgroup/app/cpu.max": "50000 100000",
                "sys/fs/cgroup/app/cpu.stat": "usage_usec 7\nthrottled_usec 2500000",
                "sys/fs/cgroup/app/memory.max": "1000000",
            },
            (0.5, 2.5, 1_000_000),
        ),
        (
            "0::/slice/app",
            [UNIFIED],
            {
                "sys/fs/cgroup/slice/app/cpu.max": "max 100000",
                "sys/fs/cgroup/slice/app/memory.max": "max",
                "sys/fs/cgroup/slice/cpu.max": "150000 100000",
                "sys/fs/cgroup/slice/cpu.stat": "throttled_usec 10",
                "sys/fs/cgroup/slice/memory.max": "2000000",
                "sys/fs/cgroup/other/cpu.max": "1000 100000",
            },
            (1.5, 1e-5, 2_000_000),
        ),
        (
            "4:memory:/app\n1:cpu,cpuacct:/app\n0::/",
            [CPU, MEMORY],
            {
                "sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us": "20000",
                "sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us": "100000",
                "sys/fs/cgroup/cpu,cpuacct/app/cpu.stat": "nr_periods 2\nthrottled_time 3000000000",
                "sys/fs/cgroup/memory/app/memory.limit_in_bytes": "3000000",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
            },
            (0.2, 3.0, 3_000_000),
        ),
        (
            "1:cpu,cpuacct:/",
            [CPU],
            {
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
            },
            (None, None, None),
        ),
        (
            "0::/docker/1f",
            ["30 24 0:26 /docker/1f /sys/fs/cgroup ro - cgroup2 cgroup rw"],
            {"sys/fs/cgroup/cpu.max": "50000 100000"},
            (0.5, None, None),
        ),
        (
            "0::/../../elsewhere",
            [UNIFIED],
            {"sys/fs/cgroup/cpu.max": "50000 100000"},
            (0.5, None, None),
        ),
    ],
    ids=[
        "no limit",
        "version 2",
        "of a group above",
        "version 1",
        "version 1 without",
        "a container's own mount",
        "a group that is not mounted here",
    ],
)
def test_limits_are_those_of_the_own_group_and_of_all_above_it(
    tmp_path, groups, mounts, files, found
):
    root = system(tmp_path, groups, mounts, files)
    assert (cpu_quota_cores(root), throttled_s(root), memory_limit_bytes(root)) == found


def test_a_system_without_control_groups_has_no_limits(tmp_path):
    found = (cpu_quota_cores(tmp_path), throttled_s(tmp_path), memory_limit_bytes(tmp_path))
    assert found == (None, None, None)

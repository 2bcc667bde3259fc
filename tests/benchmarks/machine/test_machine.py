"""Cores, accounts, noise and facts about the machine."""

import multiprocessing
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.machine.cores import CoreSplit, choose_cores, pin, split_cores, usable_cores
from benchmarks.machine.environment import changes, read_environment
from benchmarks.machine.noise import NoiseReading, canary_ns, noise_between, read_noise
from benchmarks.machine.process_usage import cpu_ns, cpu_used_s, memory
from implementations.catalogue import find_stack
from reports.study.records import Environment


@pytest.mark.parametrize(
    ("usable", "siblings", "workers", "servers", "generator"),
    [
        ([0, 1], {0: {0}, 1: {1}}, 1, {1}, {0}),
        ([3], {3: {3}}, 1, {3}, {3}),
        ([0, 1, 2, 3], {0: {0, 1}, 1: {0, 1}, 2: {2, 3}, 3: {2, 3}}, 1, {2}, {0}),
        ([0, 1, 2, 3], {0: {0, 1}, 1: {0, 1}, 2: {2, 3}, 3: {2, 3}}, 2, {2, 3}, {0}),
        ([0, 1, 2, 3], {0: {0, 1}, 1: {0, 1}, 2: {2, 3}, 3: {2, 3}}, 4, {1, 2, 3}, {0}),
        ([4, 7], {4: {4, 7}, 7: {4, 7}}, 2, {7}, {4}),
    ],
)
def test_servers_and_generator_get_cores_of_their_own(
    usable, siblings, workers, servers, generator
):
    split = choose_cores(usable, siblings, workers)
    assert (split.servers, split.generator) == (servers, generator)
    assert split.disjoint == (len(usable) > 1)


def test_the_split_of_this_machine_uses_cores_that_we_may_use():
    split = split_cores(1)
    if sys.platform == "linux":
        assert split.servers | split.generator <= os.sched_getaffinity(0)
    else:
        assert split == CoreSplit(None, None)


def test_cpu_time_of_another_process_is_told_to_the_microsecond():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pid = pool.apply(os.getpid)
        before = cpu_ns([pid])
        own_ns = pool.apply(busy_ns)
        used_s = cpu_used_s(before, cpu_ns([pid]))
    assert used_s >= own_ns / 1e9 > 0


def busy_ns() -> int:
    """Works for a while; its own CPU time of that."""
    started = time.process_time_ns()
    canary_ns()
    return time.process_time_ns() - started


def test_processes_that_came_or_went_make_the_cpu_time_unknown():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert cpu_ns([gone.pid]) is None
    assert cpu_used_s({1: 5}, {1: 6, 2: 7}) is None
    assert cpu_used_s(None, {1: 6}) is None
    assert cpu_used_s({}, {}) is None


def test_memory_adds_up_over_processes():
    one, two = memory([os.getpid()]), memory([os.getpid(), os.getpid()])
    assert one.uss_bytes > 1_000_000
    assert one.pss_bytes >= one.uss_bytes
    assert two.uss_bytes > one.uss_bytes
    assert memory([]).uss_bytes is None


def test_noise_is_what_others_did_as_a_share_of_the_wall_time():
    before = NoiseReading(10.0, steal_s=1.0, busy_s=50.0, own_s=20.0, delay_s=0.5, throttled_s=0)
    after = NoiseReading(14.0, steal_s=1.4, busy_s=56.0, own_s=24.0, delay_s=0.7, throttled_s=2)
    noise = noise_between(before, after, cores=2)
    assert noise.steal_ratio == pytest.approx(0.05)
    assert noise.other_cpu_ratio == pytest.approx(0.25)
    assert noise.run_queue_delay_ratio == pytest.approx(0.05)
    assert noise.throttled_ratio == pytest.approx(0.25)


def test_noise_that_cannot_be_read_is_unknown():
    before = NoiseReading(
        at_s=10.0, steal_s=None, busy_s=50.0, own_s=None, delay_s=None, throttled_s=None
    )
    noise = noise_between(before, replace(before, at_s=11.0), cores=1)
    assert set(vars(noise).values()) == {None}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_noise_is_read_from_this_machine():
    cores = os.sched_getaffinity(0)
    reading = read_noise(cores, [os.getpid()], [os.getpid()])
    assert reading.busy_s > 0
    assert reading.steal_s >= 0
    assert reading.own_s > 0


def test_an_environment_names_what_is_needed_to_repeat_the_study():
    environment = read_environment([find_stack("flask:gunicorn")], split_cores(1))
    assert environment.machine["cores"] == len(usable_cores())
    assert {"python", "flask", "gunicorn", "locust", "scikit-learn", "code"} <= set(
        environment.versions
    )
    assert changes(environment, environment) == ()
    assert set(environment.stacks) == {"flask:gunicorn"}


def test_another_version_or_kernel_is_another_study_and_another_commit_alone_is_not():
    then = Environment({"kernel": "6.1", "cores": 2}, {"flask": "3.0", "code": "1", "commit": "a"})
    now = Environment({"kernel": "6.2", "cores": 2}, {"flask": "3.1", "code": "2", "commit": "b"})
    assert changes(then, now) == ("kernel", "sources", "version of flask")
    assert changes(then, Environment(then.machine, {**then.versions, "commit": "b"})) == ()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux pins")
def test_pinning_confines_every_thread_of_a_running_process():
    script = "import threading; threading.Thread(target=input).start(); print(flush=True)"
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.stdout.readline()
    core = min(os.sched_getaffinity(0))
    pin([process.pid], {core})
    threads = [thread.name for thread in Path(f"/proc/{process.pid}/task").iterdir()]
    assert len(threads) == 2
    assert [os.sched_getaffinity(int(thread)) for thread in threads] == [{core}] * 2
    process.communicate(b"\n")
    pin([process.pid], {core})  # it is gone, and that is no error

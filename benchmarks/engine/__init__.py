"""The load engine: Locust users at the speed of wrk, exact to the microsecond.

`benchmarks.engine.users.user` holds `WireUser`, the class to build locustfiles on, and
`benchmarks.engine.driver` holds `EngineDriver`, which runs slices for `podium compare`. From
the bottom up:

- `sockets`: epoll or poll, requests and responses, and `pool`, the connections to one target.
- `counts`: the counts and times of a run.
- `loops`: when requests start, in a closed or an open loop; warm-up, timing and drain.
- `users`: Locust users, workers and tables on top of these. `process` runs slices for `driver`.

Only `users`, `process` and `locustfile` import locust, which patches sockets and threads
process-wide; everything else works in any process, on the unpatched originals.
"""

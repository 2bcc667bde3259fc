"""The load engine: Locust users at the speed of wrk, exact to the microsecond.

`benchmarks.engine.users.user` holds `WireUser`, the class to build locustfiles on, and
`benchmarks.engine.driver` holds `EngineDriver`, which runs slices for `podium compare`. From the
bottom up: `readiness` (epoll or poll), `exchange` (requests and what is expected), `answer`
(responses), `histogram`, `tally` (what a run counted), `wire` (connections to one target),
`closed_loop` and `open_loop` (when requests start), `slices` (warm-up, timing, drain).

Only `user`, `distributed`, `process` and `stock` import locust, which patches sockets and threads
process-wide; everything else works in any process, on the unpatched originals.
"""

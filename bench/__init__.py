"""The yardsticks: `./run bench [NAME]`. Machines differ, so every figure is a ratio within one run.

One module per job, each with `def measure() -> Iterable[Ratio]`. `./run bench` has started PostgreSQL and the
broker (var/bench, kept for the next run) and set the environment; POSTGRES_BINARIES holds pgbench and psql.
"""

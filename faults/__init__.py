"""Processes killed while they work: `./run faults [NAME]`. Nothing may be lost, nothing done twice.

One module per deed, each with `def main(arguments: list[str]) -> int` that prints its verdict as its last
line and returns 0 only when it holds, negative controls included. `./run faults` has started PostgreSQL and
the broker in a fresh folder (var/faults) and set the environment.
"""

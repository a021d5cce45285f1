"""The servers of a trial, of the tests and of the rigs: environment, PostgreSQL, broker, web, workers.

Standard library only: `./run` calls it before anything is installed, and it stays small while it watches.
"""

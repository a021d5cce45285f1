"""The servers of a trial, of the tests and of the rigs: an environment, PostgreSQL, a broker, web and workers.

Standard library only: `./run` calls it before anything is installed, and it stays small while it watches.
"""

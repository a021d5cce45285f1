"""The tenancy kernel: one organization per transaction, kept by the manager and by PostgreSQL.

docs/tenancy.md explains the three locks; nothing is imported here, so that settings may name the backend.
"""

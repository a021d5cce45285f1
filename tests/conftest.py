"""Plumbing that every test shares; the cast (acme, alice, bert, cyd ...) stands in tests/cast.py."""

pytest_plugins = [
    "accounts.tenancy.testing",
    "tests.plumbing",
    "tests.tenancy.reporting",
    "tests.browsing.fixtures",
    "tests.cast",
]

"""Plumbing that every test shares. The cast (acme, alice, bert, cyd ...) stands here too."""

pytest_plugins = [
    "tests.plumbing",
    "tests.browsing.fixtures",
]

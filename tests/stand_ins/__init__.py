"""Vendors' services as small local servers that are stricter than kind: what their pages do not allow is refused.

Each rule names the page it was read on. None of this was tried against the live services (docs/connections.md).
"""

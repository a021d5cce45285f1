"""Sending: claim, render, write to the wire, settle (docs/engine.md has the promises)."""

from outreach.queueing import Draft, pause, queue, record_past, resume, send_test, withdraw

__all__ = ["Draft", "pause", "queue", "record_past", "resume", "send_test", "withdraw"]

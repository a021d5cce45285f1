"""Channels, one file each and all of one shape: adding a channel means adding a file (docs/engine.md)."""

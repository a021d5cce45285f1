"""Reading config/sockets.py: dotted paths through which upper apps plug into lower ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string


def load_all() -> None:
    """Import every path of every socket, so that a typo stops the process. Raises ImproperlyConfigured."""
    for socket, path in _all_paths():
        plug(path, socket=socket)


@cache
def plug(path: str, *, socket: str = "a socket") -> Any:
    """What a dotted path names."""
    try:
        return import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(
            f"config/sockets.py, {socket}: {path!r} cannot be imported: {error}"
        ) from error


def plugged(socket: str) -> list[Any]:
    """Everything plugged into a socket that is a plain list of paths."""
    return [plug(path, socket=socket) for path in getattr(settings, socket, ())]


def listeners(news_name: str) -> dict[str, Callable[..., None]]:
    """Dotted path -> listener, in the order of config/sockets.py."""
    heard: dict[str, tuple[str, ...]] = getattr(settings, "SUBSCRIPTIONS", {})
    return {path: plug(path, socket="SUBSCRIPTIONS") for path in heard.get(news_name, ())}


def _all_paths() -> Iterator[tuple[str, str]]:
    for socket in settings.SOCKETS:
        paths = getattr(settings, socket, ())
        if isinstance(paths, dict):
            paths = [path for several in paths.values() for path in several]
        for path in paths:
            yield socket, path

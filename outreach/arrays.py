"""Array parameters as PostgreSQL writes them: four times cheaper than lists, which are dumped item by item."""

from __future__ import annotations

from collections.abc import Iterable


def bigints(numbers: Iterable[int]) -> str:
    """{1,2,3}, for `%s::bigint[]`."""
    return "{" + ",".join(map(str, numbers)) + "}"


def texts(items: Iterable[str]) -> str:
    """{"a","b"}, for `%s::text[]`: quotes and backslashes escaped; a NUL, which cannot be stored, is left out."""
    quoted = (
        '"' + str(item).replace("\\", "\\\\").replace('"', '\\"').replace("\x00", "") + '"' for item in items
    )
    return "{" + ",".join(quoted) + "}"

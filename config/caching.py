"""The shared cache: counters of rate limits, nothing that counts. Without it, pages go on."""

from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger()


class ForgivingRedisCache(RedisCache):
    """A Redis or Valkey that is gone for a minute makes limits lenient, not pages fail."""

    def _forgive(self, method: str, otherwise: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(super(), method)(*args, **kwargs)
        except RedisError as error:
            log.warning("cache.gone", method=method, error=type(error).__name__)
            if isinstance(otherwise, type) and issubclass(otherwise, Exception):
                raise otherwise(str(error)) from None
            return otherwise

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._forgive("add", True, *args, **kwargs))

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._forgive("get", default, key, default, version)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._forgive("set", None, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._forgive("touch", False, *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._forgive("delete", False, *args, **kwargs))

    def get_many(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return dict(self._forgive("get_many", {}, *args, **kwargs))

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._forgive("has_key", False, *args, **kwargs))

    def incr(self, *args: Any, **kwargs: Any) -> int:
        """Raises ValueError, as for a key that is not there."""
        return int(self._forgive("incr", ValueError, *args, **kwargs))

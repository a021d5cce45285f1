from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The composition root; it also holds the commands that join all apps (demo, loop, coverage)."""

    name = "config"

    def ready(self) -> None:
        """Make the Celery application the current one, so that every task of the process belongs to it."""
        from config import celery  # noqa: F401

    def ready(self) -> None:
        from accounts.sockets import load_all

        load_all()

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The composition root; it also holds the commands that join all apps (demo, loop, coverage)."""

    name = "config"

    def ready(self) -> None:
        """Make the Celery application the current one, and import what is plugged into the sockets."""
        from accounts.sockets import load_all
        from config import celery  # noqa: F401

        load_all()

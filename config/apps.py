from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The composition root; it also holds the commands that join all apps (demo, loop, coverage)."""

    name = "config"

"""Logs: one JSON object a line in production, readable lines in a trial; never a token, never an address."""

import logging
import logging.config
import re
from typing import Any

import structlog

# The secret part of public addresses: surveys, unsubscribing, preferences, proofs, invitations, files, log-in.
SECRET_PATHS = re.compile(r"(/(?:s|open|u|p|c|v|i|f|confirm|password/new)/)[^/\s?\"']+")
SECRET_WORDS = re.compile(r"\blw_(live|test)_[A-Za-z0-9_-]+")
ADDRESSES = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def veil(text: str) -> str:
    """The text without tokens, API keys and e-mail addresses."""
    return ADDRESSES.sub("<address>", SECRET_WORDS.sub(r"lw_\1_...", SECRET_PATHS.sub(r"\1...", text)))


def veil_event(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    """structlog processor: veil every text of the event."""
    return {key: veil(value) if isinstance(value, str) else value for key, value in event.items()}


def configure(*, level: str, form: str) -> None:
    """Send structlog and the standard library's loggers through the same processors to stderr."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, sort_keys=True)
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "lines": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        veil_event,
                        last,
                    ],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                "django": {"level": level, "propagate": True},
                "django.server": {"level": "WARNING", "handlers": [], "propagate": True},
                "django.db.backends": {"level": "INFO"},
                "celery": {"level": level},
                "mail.log": {"level": "ERROR"},
            },
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )

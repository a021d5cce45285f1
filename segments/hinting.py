"""Hints to the workers about an import. Losing one costs a little time: the engine takes the import up by itself."""

import structlog
from celery import current_app
from django.conf import settings

log = structlog.get_logger(__name__)

RUN_IMPORT = "segments.run_import"
EXPIRES = 60
"""Seconds after which an unread hint is worth nothing."""


def hint(organization_id: int, import_id: int) -> None:
    """Tell a worker to go on with this import. A broker that is away is no error."""
    if not settings.BROKER_URL:
        return
    try:
        current_app.send_task(
            RUN_IMPORT,
            kwargs={"organization": organization_id, "customer_import": import_id},
            expires=EXPIRES,
            retry=False,
            ignore_result=True,
        )
    except Exception:
        log.warning("hint_failed", organization=organization_id, exc_info=True)

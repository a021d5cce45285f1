"""Doorbells of segments: a task says "look now"; rows say what is to be done."""

import structlog

from accounts.tenancy.tasks import tenant_task
from segments import importing

log = structlog.get_logger(__name__)


@tenant_task(name="segments.run_import", opens_context=False)
def run_import(*, organization: int, customer_import: int) -> None:
    """Go on with an import for a while; with more left, ring again, so that no worker is held for long."""
    if importing.run(organization, customer_import):
        hint(organization, customer_import)


def hint(organization_id: int, import_id: int) -> None:
    """Tell a worker. A broker that is away is no error: the engine takes the import up by itself."""
    try:
        run_import.apply_async(
            kwargs={"organization": organization_id, "customer_import": import_id}, expires=60, retry=False
        )
    except Exception:
        log.warning("hint_failed", organization=organization_id, exc_info=True)

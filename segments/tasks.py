"""Doorbells of segments: a task says "look now"; rows say what is to be done."""

from accounts.tenancy.tasks import tenant_task
from segments import importing
from segments.hinting import RUN_IMPORT, hint


@tenant_task(name=RUN_IMPORT, opens_context=False)
def run_import(*, organization: int, customer_import: int) -> None:
    """Go on with an import for a while; with more left, ring again, so that no worker is held for long."""
    if importing.run(organization, customer_import):
        hint(organization, customer_import)

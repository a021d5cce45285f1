"""Which modes count in an organization, and which one its new rows get."""

from accounts.models.mode import Mode
from accounts.models.organization import Organization


def counting(organization: Organization) -> tuple[str, ...]:
    """The modes whose rows count, and may wake a follow-up, an alert or a case, in this organization."""
    if organization.kind == Organization.Kind.DEMO:
        return (Mode.DEMO.value,)
    return (Mode.LIVE.value,)


def writing(organization: Organization) -> str:
    """The mode that rows written by a person in the pages get."""
    return counting(organization)[0]

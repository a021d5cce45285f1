"""What a member who leaves owned here: open cases."""

from django.utils.translation import ngettext

from accounts.acting import Actor
from accounts.handing_over import Handover
from accounts.models import Membership
from outreach import caring
from outreach.models import Case


def _told(number: int) -> str:
    return ngettext("%(n)s open case", "%(n)s open cases", number) % {"n": number}


def _count(member: Membership) -> int:
    return Case.objects.open().filter(owner=member).count()


def _give(leaver: Membership, heir: Membership | None, by: Actor) -> int:
    """To the heir where they may see the case, else back to the queue."""
    given = 0
    for case in Case.objects.open().filter(owner=leaver):
        caring.hand_on(case, heir, by=by)
        given += 1
    return given


CASES = Handover(told=_told, count=_count, give=_give)

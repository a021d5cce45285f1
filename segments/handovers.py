"""What a member who leaves owned here: companies."""

from django.utils.translation import ngettext

from accounts.acting import Actor
from accounts.handing_over import Handover
from accounts.models import Membership
from segments import keeping_companies


def _told(number: int) -> str:
    return ngettext("%(n)s company", "%(n)s companies", number) % {"n": number}


def _give(leaver: Membership, heir: Membership | None, by: Actor) -> int:
    return keeping_companies.hand_on(leaver, heir, by=by)


COMPANIES = Handover(told=_told, count=keeping_companies.owned, give=_give)

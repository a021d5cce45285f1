"""What a member who leaves owned here: open improvements."""

from django.utils.translation import ngettext

from accounts.acting import Actor
from accounts.handing_over import Handover
from accounts.models import Membership
from surveys import improving


def _told(number: int) -> str:
    return ngettext("%(n)s open improvement", "%(n)s open improvements", number) % {"n": number}


def _give(leaver: Membership, heir: Membership | None, by: Actor) -> int:
    return improving.hand_on(leaver, heir, by=by)


IMPROVEMENTS = Handover(told=_told, count=improving.owned, give=_give)

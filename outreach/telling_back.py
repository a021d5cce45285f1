"""You said, we did: a campaign in draft to those who raised what was improved.

It is a campaign like any other: who gets it, who waits and who does not, with the reason, is looked at before it goes
out, consent and contact limits hold, and everybody is accounted for. Whoever got one about the same improvement is not
written to again.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.auditing import audit
from outreach.models import Campaign, MessageClass, Outcome, SendKey, Template
from segments import segmenting
from segments.models import Customer, Segment, SegmentMember
from surveys import raising
from surveys.models import Improvement

NOT_GOT = (Outcome.SKIPPED, Outcome.FAILED, Outcome.EXPIRED)
WAITING = (Campaign.State.SCHEDULED, *Campaign.RUNNING)


class NothingToTell(Exception):
    """Why nothing was prepared, in a sentence."""


def not_yet(improvement: Improvement) -> str:
    """What keeps it from being told; empty if nothing does."""
    if improvement.theme_id is None:
        return _("It is about no theme, so nobody is known to have raised it.")
    if improvement.state != Improvement.State.DONE:
        return _("It can be told once it is done.")
    if not improvement.note.strip():
        return _("Write what customers are told first.")
    return ""


def campaigns_of(improvement: Improvement) -> QuerySet[Campaign]:
    """Newest first, without those put away."""
    return Campaign.objects.present().filter(improvement=improvement).order_by("-pk")  # type: ignore[no-any-return]


def people(improvement: Improvement, actor: Actor) -> QuerySet[Customer]:
    """Who raised it and was not told yet."""
    earlier = Campaign.objects.filter(improvement=improvement).values("pk")
    got = SendKey.objects.filter(origin_kind="campaign", origin_id__in=earlier).exclude(outcome__in=NOT_GOT)
    told = got.exclude(customer=None).order_by().values("customer_id")
    # Of one that is on its way not all rows are written yet: whoever is on its list counts as told.
    going = Campaign.objects.filter(improvement=improvement, state__in=WAITING).values("segment_id")
    listed = SegmentMember.objects.filter(segment__in=going).order_by().values("customer_id")
    return raising.raised_by(improvement, actor).exclude(pk__in=told).exclude(pk__in=listed)


@transaction.atomic
def prepare(improvement: Improvement, *, by: Actor) -> Campaign:
    """A draft to look over and launch; the one that waits already, if there is one. Raises NothingToTell."""
    by.require("campaign.edit")
    locked: Improvement = Improvement.objects.select_for_update(of=("self",)).get(pk=improvement.pk)
    waiting = campaigns_of(locked).filter(state=Campaign.State.DRAFT).first()
    if waiting is not None:
        return waiting
    reason = not_yet(locked)
    if reason:
        raise NothingToTell(reason)
    ids = list(people(locked, by).order_by("pk").values_list("pk", flat=True))
    if not ids:
        raise NothingToTell(_("Nobody who raised it is left to be told."))
    campaign: Campaign = Campaign.objects.create(
        name=_name(locked),
        template=_template(locked, by),
        segment=_listed(locked, ids, by),
        improvement=locked,
        mode=by.mode,
    )
    audit("campaign.edit", campaign, by=by, did="told back", people=len(ids))
    return campaign


def card(improvement: Improvement, actor: Actor) -> dict[str, Any] | None:
    """On the improvement's page, for those who see campaigns."""
    if not actor.may("campaign.view"):
        return None
    reason = not_yet(improvement)
    return {
        "template": "outreach/parts/told_back.html",
        "reason": reason,
        "people": 0 if reason else people(improvement, actor).count(),
        "campaigns": list(campaigns_of(improvement)[:5]),
        "improvement": improvement,
        "may": actor.may("campaign.edit"),
    }


def _name(improvement: Improvement) -> str:
    return (_("You said, we did: %(name)s") % {"name": improvement.name})[:120]


def _listed(improvement: Improvement, ids: list[int], by: Actor) -> Segment:
    """A fixed list: what they said is past, and does not change with what they say next."""
    theme = improvement.theme
    name = _("Raised “%(theme)s”, told what was done") % {"theme": theme.name if theme else ""}
    listed: Segment = Segment.objects.create(
        name=segmenting.free_name(name), static=True, created_by=by.name[:200]
    )
    SegmentMember.objects.bulk_create(
        [SegmentMember(segment=listed, customer_id=pk) for pk in ids], batch_size=5000
    )
    audit("segment.edit", listed, by=by, did="created")
    return listed


def _template(improvement: Improvement, by: Actor) -> Template:
    """In the organization's language; the words are the business's own."""
    locale = by.organization.locale or "en"
    with translation.override(locale):
        subject = _("You said it, and we did something about it")
        greeting = _("Hello {{ customer.first_name | default: 'there' }},")
        theme = improvement.theme
        said = _("you told us about “%(theme)s”. Thank you: it was read, and it counted.") % {
            "theme": _plain(theme.name if theme else "")
        }
        asking = _("Is it better now? Just reply to this mail.")
    body = "\n\n".join([greeting, said, _plain(improvement.note.strip()), asking])
    made: Template = Template.objects.create(
        name=_free(_name(improvement)),
        message_class=MessageClass.RELATIONSHIP,
        default_locale=locale,
        subject={locale: subject},
        body={locale: body},
    )
    audit("template.edit", made, by=by, did="created")
    return made


def _plain(words: str) -> str:
    """No merge field comes from what somebody typed as plain words."""
    return words.replace("{{", "{ {").replace("{%", "{ %")


def _free(name: str) -> str:
    taken = set(Template.objects.present().values_list("name", flat=True))
    candidate, number = name, 2
    while candidate in taken:
        suffix = f" ({number})"
        candidate, number = name[: 120 - len(suffix)] + suffix, number + 1
    return candidate

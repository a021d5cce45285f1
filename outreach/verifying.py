"""Sender identities: who mails come from. A link mailed to the address proves that it is theirs to use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.models import Organization
from accounts.tenancy.context import current_organization_id
from outreach import sending
from outreach.models import MessageClass, Sender, Wording
from outreach.sending import Draft

FREE_MAIL = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com live.com yahoo.com icloud.com gmx.net gmx.de aol.com"
    " proton.me".split()
)
"""Domains whose owners tell receivers to distrust mail that their own servers did not send (DMARC)."""


def default_sender() -> Sender | None:
    """The verified sender that is used where nothing else is chosen."""
    return Sender.objects.filter(verified_at__isnull=False).order_by("-is_default", "pk").first()


@dataclass(frozen=True)
class FromLine:
    """In whose name a mail goes out."""

    name: str
    address: str
    reply_to: str = ""


def from_line(sender: Sender | None = None) -> FromLine:
    """The sender's, the default one's, or (until an address is proved) Loopwell's own on their behalf.

    An address that nobody has proved is never used.
    """
    sender = sender if sender is not None and sender.is_verified else default_sender()
    if sender is not None:
        return FromLine(sender.name, sender.address, sender.reply_to)
    organization = Organization.objects.get(pk=current_organization_id())
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    name = _("%(business)s via %(host)s") % {
        "business": organization.name,
        "host": address.rpartition("@")[2],
    }
    return FromLine(name, address)


def warning_about(address: str) -> str:
    """A sentence for addresses that will be sorted out as spam; "" for the others."""
    domain = address.rpartition("@")[2].lower()
    if domain in FREE_MAIL:
        return _(
            "Mail from %(domain)s sent by others is often refused. An address of your own domain is better."
        ) % {"domain": domain}
    return ""


@transaction.atomic
def add_sender(*, name: str, address: str, reply_to: str = "", by: Actor) -> Sender:
    """Add a sender and mail the proof to its address. Until the link is followed nothing goes out from it."""
    for text in (name, address, reply_to):
        if "\r" in text or "\n" in text:
            raise ValidationError(_("A line break cannot stand in a mail header."))
    sender = Sender.objects.create(
        name=name.strip(), address=address.strip().lower(), reply_to=reply_to.strip().lower()
    )
    mail_proof(sender)
    audit("sender.edit", sender, by=by, did="added")
    return sender


def mail_proof(sender: Sender, *, at: datetime | None = None) -> None:
    """Send (again) the mail with the link that verifies the address."""
    at = at or timezone.now()
    organization = Organization.objects.get(pk=current_organization_id())
    wording = Wording.objects.freeze(
        subject=_("Is this your address? {{ organization.name }} wants to send from it"),
        html=_(
            "<p>{{ organization.name }} wants to send mails from <strong>{{ address }}</strong> with Loopwell.</p>"
            '<p><a href="{{ link }}">Yes, this address may be used</a></p>'
            "<p>If you do not know about this, do nothing: no mail goes out from your address.</p>"
        ),
        from_name="Loopwell",
        from_address=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        constants={"organization": organization.facts()},
    )
    sending.queue(
        [
            Draft(
                key=f"sender {sender.pk} proof {sender.revision} {at:%Y%m%d%H%M}",
                wording=wording,
                origin_kind="sender",
                origin_id=sender.pk,
                address=sender.address,
                message_class=MessageClass.SERVICE,
                topic="service",
                # The link is a secret: it is made when the mail is written, from what it is a link to.
                facts={"address": sender.address, "sender": sender.pk, "generation": sender.revision},
            )
        ],
        at=at,
    )


@transaction.atomic
def verify(sender: Sender, *, at: datetime | None = None) -> Sender:
    """The link was followed and confirmed. The first verified sender becomes the default."""
    sender = Sender.objects.select_for_update().get(pk=sender.pk)
    if sender.verified_at is None:
        sender.verified_at = at or timezone.now()
        sender.is_default = not Sender.objects.filter(is_default=True).exists()
        sender.save()
    return sender


@transaction.atomic
def change_sender(
    sender: Sender, *, name: str, address: str, reply_to: str, expected: int, by: Actor
) -> Sender:
    """Change a sender; another address must be proved again before anything goes out from it."""
    from accounts.models import Stale

    sender = Sender.objects.select_for_update().get(pk=sender.pk)
    if sender.revision != expected:
        raise Stale(_("Somebody"), None, sender)
    moved = sender.address != address.strip().lower()
    sender.name, sender.address = name.strip(), address.strip().lower()
    sender.reply_to, sender.revision = reply_to.strip().lower(), expected + 1
    if moved:
        sender.verified_at, sender.is_default = None, False
    sender.save()
    if moved:
        mail_proof(sender)
    audit("sender.edit", sender, by=by, did="changed")
    return sender


@transaction.atomic
def make_default(sender: Sender, *, by: Actor) -> Sender:
    """Use this sender where nothing else is chosen. Raises ValidationError for an unverified one."""
    sender = Sender.objects.select_for_update().get(pk=sender.pk)
    if not sender.is_verified:
        raise ValidationError(_("%(address)s is not verified yet.") % {"address": sender.address})
    Sender.objects.filter(is_default=True).update(is_default=False)
    sender.is_default = True
    sender.save()
    audit("sender.edit", sender, by=by, did="made default")
    return sender


@transaction.atomic
def remove_sender(sender: Sender, *, by: Actor) -> None:
    """Take a sender away. Mails already worded keep their words; nothing new goes out from it."""
    audit("sender.edit", sender, by=by, did="removed")
    sender.delete()

"""How the audit log tells what outreach did."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "campaign.edit/created": _("%(actor)s prepared the campaign %(subject)s"),
    "campaign.edit/told back": _("%(actor)s prepared %(subject)s for %(people)s people who had raised it"),
    "campaign.edit/changed": _("%(actor)s changed the campaign %(subject)s"),
    "campaign.edit/deleted": _("%(actor)s put the campaign %(subject)s away"),
    "campaign.edit/restored": _("%(actor)s took the campaign %(subject)s back"),
    "campaign.launch": _("%(actor)s launched the campaign %(subject)s"),
    "campaign.launch/taken back": _("%(actor)s took back the launch of %(subject)s before anything went out"),
    "campaign.launch/paused": _("%(actor)s paused the campaign %(subject)s"),
    "campaign.launch/resumed": _("%(actor)s let the campaign %(subject)s go on"),
    "campaign.launch/stopped": _(
        "%(actor)s stopped the campaign %(subject)s; %(people)s people did not get it"
    ),
    "campaign.launch/failures retried": _("%(actor)s tried %(subject)s again for %(people)s people"),
    "template.edit/created": _("%(actor)s wrote the template %(subject)s"),
    "template.edit/changed": _("%(actor)s changed the template %(subject)s"),
    "template.edit/tested": _("%(actor)s sent themselves a test of %(subject)s"),
    "template.edit/deleted": _("%(actor)s put the template %(subject)s away"),
    "template.edit/restored": _("%(actor)s took the template %(subject)s back"),
    "sender.edit/added": _("%(actor)s added the sender %(subject)s"),
    "sender.edit/changed": _("%(actor)s changed the sender %(subject)s"),
    "sender.edit/made default": _("%(actor)s made %(subject)s the default sender"),
    "sender.edit/removed": _("%(actor)s removed a sender"),
    "followup.edit/on": _("%(actor)s switched the follow-up on: %(subject)s"),
    "followup.edit/off": _("%(actor)s switched the follow-up off: %(subject)s"),
    "case.work/closed": _("%(actor)s closed %(subject)s"),
    "case.assign/handed over": _("%(actor)s handed over the cases of a member who left"),
    "customer.export/outcomes": _("%(actor)s exported who got the campaign %(subject)s"),
}

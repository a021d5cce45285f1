"""The pages of outreach in the side."""

from django.utils.translation import gettext_lazy as _

from accounts.acting import Actor
from accounts.navigation import Item


def open_cases(actor: Actor) -> int:
    """How many open cases this member may see: the badge of Care."""
    from outreach.models import Case

    return Case.objects.visible_to(actor).open().count()


ITEMS = [
    Item("today", _("Today"), "today", "today.view", "home", 10),
    Item("reach", _("Campaigns"), "campaign_list", "campaign.view", "campaign", 10),
    Item("reach", _("Follow-ups"), "follow_ups", "campaign.view", "reply", 20),
    Item("reach", _("Templates"), "template_list", "template.view", "template", 30),
    Item("care", _("Cases"), "case_list", "case.view", "case", 10, badge=open_cases),
    Item("care", _("Alerts"), "alert_list", "alert.view", "bell", 20),
    Item("settings", _("Senders"), "sender_list", "organization.view", "send", 55),
]

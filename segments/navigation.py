"""The pages of segments in the side."""

from django.utils.translation import gettext_lazy as _

from accounts.acting import Actor
from accounts.navigation import Item


def open_requests(actor: Actor) -> int:
    """How many customers wait for an answer about their data."""
    from segments.models import DataRequest

    return DataRequest.objects.all().visible_to(actor).open().count()


ITEMS = [
    Item("people", _("Customers"), "customer_list", "customer.view", "people", 10),
    Item("people", _("Segments"), "segment_list", "segment.view", "segment", 20),
    Item("people", _("Imports"), "import_list", "customer.import", "import", 40),
    Item("people", _("Data quality"), "data_quality", "customer.view", "check", 45),
    Item(
        "people",
        _("Requests about data"),
        "data_request_list",
        "customer.edit",
        "lock",
        46,
        badge=open_requests,
    ),
    Item("people", _("Stages"), "stage_list", "stage.view", "flag", 25),
    Item("people", _("Companies"), "company_list", "customer.view", "company", 30),
    Item("people", _("Revenue"), "revenue", "customer.view", "trend", 35),
    Item("settings", _("Connections"), "connection_list", "connection.view", "link", 74),
    Item("settings", _("Inbound webhooks"), "inbound_list", "customer.import", "import", 75),
    Item("settings", _("Attributes"), "attribute_list", "customer.view", "tag", 70),
    Item("settings", _("Features"), "feature_list", "segment.view", "tag", 71),
]

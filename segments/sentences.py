"""How the audit log tells what segments did."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "customer.edit/created": _("%(actor)s added the customer %(subject)s"),
    "customer.edit/changed": _("%(actor)s corrected the customer %(subject)s"),
    "customer.edit/deleted": _("%(actor)s deleted the customer %(subject)s, for 30 days with a way back"),
    "customer.edit/restored": _("%(actor)s brought the customer %(subject)s back"),
    "customer.edit/request done": _("%(actor)s carried out what a customer asked about their data"),
    "customer.edit/request refused": _(
        "%(actor)s refused what a customer asked about their data, with a reason"
    ),
    "customer.edit/roles": _("%(actor)s said what %(subject)s does in their company"),
    "customer.edit/company created": _("%(actor)s added the company %(subject)s"),
    "customer.edit/company changed": _("%(actor)s changed the company %(subject)s: %(fields)s"),
    "customer.export/copy": _("%(actor)s took a copy of all that is held about %(subject)s"),
    "customer.export": _("%(actor)s exported %(customers)s customers"),
    "customer.import/started": _("%(actor)s started the import %(subject)s of %(rows)s rows"),
    "customer.import/cancelled": _("%(actor)s stopped the import %(subject)s after %(rows)s rows"),
    "customer.import/webhook created": _("%(actor)s made the inbound webhook %(subject)s"),
    "customer.import/webhook changed": _("%(actor)s changed the inbound webhook %(subject)s"),
    "customer.import/webhook renewed": _("%(actor)s gave the inbound webhook %(subject)s another address"),
    "customer.import/webhook secret": _("%(actor)s looked at the secret of the inbound webhook %(subject)s"),
    "customer.import/deleted": _(
        "%(actor)s deleted the inbound webhook %(subject)s, for 30 days with a way back"
    ),
    "customer.import/restored": _("%(actor)s brought the inbound webhook %(subject)s back"),
    "connection.edit/connected": _("%(actor)s connected %(subject)s"),
    "connection.edit/changed": _("%(actor)s changed what is read from and written to %(subject)s"),
    "connection.edit/secret": _("%(actor)s entered another secret for %(subject)s"),
    "connection.edit/fields": _("%(actor)s had our fields made in %(subject)s"),
    "connection.edit/synced": _("%(actor)s had %(subject)s looked at"),
    "connection.edit/retried": _("%(actor)s had tried once more what %(subject)s had refused"),
    "connection.edit/paused": _("%(actor)s paused the connection to %(subject)s"),
    "connection.edit/resumed": _("%(actor)s resumed the connection to %(subject)s"),
    "connection.edit/disconnected": _("%(actor)s disconnected %(subject)s"),
    "customer.merge/merged": _("%(actor)s merged another record into the customer %(subject)s"),
    "customer.merge/undone": _("%(actor)s took a merge into the customer %(subject)s apart again"),
    "customer.merge/told_apart": _("%(actor)s said that %(subject)s and another record are two people"),
    "customer.merge/told_together": _(
        "%(actor)s said that %(subject)s and another record may be one after all"
    ),
    "feature.edit/created": _("%(actor)s declared the feature %(subject)s"),
    "feature.edit/changed": _("%(actor)s changed the feature %(subject)s"),
    "feature.edit/deleted": _("%(actor)s put the feature %(subject)s away"),
    "feature.edit/restored": _("%(actor)s took the feature %(subject)s back"),
    "stage.edit/changed": _("%(actor)s changed the stages of the customer's journey"),
    "segment.edit/created": _("%(actor)s made the segment %(subject)s"),
    "segment.edit/changed": _("%(actor)s changed the segment %(subject)s"),
    "segment.edit/deleted": _("%(actor)s deleted the segment %(subject)s, for 30 days with a way back"),
    "segment.edit/restored": _("%(actor)s brought the segment %(subject)s back"),
}

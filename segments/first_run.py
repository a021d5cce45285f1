"""The fourth step of the first run: somebody to ask."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import modes
from accounts.first_run import Step
from accounts.models import Organization
from segments.models import Customer


def steps(organization: Organization) -> list[Step]:
    """Brought once there is a customer who counts."""
    return [
        Step(
            40,
            "bring",
            _("Bring a few customers"),
            _("a CSV, or only yourself"),
            Customer.objects.filter(mode__in=modes.counting(organization)).exists(),
            reverse("customer_list", args=[organization.slug]),
            _("Bring customers"),
            "customer.edit",
        )
    ]

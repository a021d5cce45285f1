"""The last step of the first run: sending it."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.first_run import Step
from accounts.models import Organization
from surveys.models import Distribution


def steps(organization: Organization) -> list[Step]:
    """Sent once a distribution was launched; test mails to oneself do not count."""
    launched = Distribution.objects.filter(
        launched_at__isnull=False, channel=Distribution.Channel.EMAIL
    ).exists()
    return [
        Step(
            50,
            "send",
            _("Send it"),
            _("to yourself first; then to them"),
            launched,
            reverse("distribution_new", args=[organization.slug]),
            _("Choose who is asked"),
            "distribution.launch",
        )
    ]

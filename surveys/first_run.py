"""The middle step of the first run: a question to ask."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.first_run import Step
from accounts.models import Organization
from surveys.models import Survey, Version


def steps(organization: Organization) -> list[Step]:
    """Written once a version was published; a draft that waits is where the button leads."""
    draft = Survey.objects.kept().order_by("id").first()
    where = (
        reverse("survey_edit", args=[organization.slug, draft.pk])
        if draft is not None
        else reverse("survey_new", args=[organization.slug])
    )
    return [
        Step(
            30,
            "write",
            _("Write the first question"),
            _("the NPS question is there; change a word, or leave it, and publish"),
            Version.objects.exists(),
            where,
            _("Look at the survey") if draft is not None else _("Choose a survey"),
            "survey.edit",
        )
    ]

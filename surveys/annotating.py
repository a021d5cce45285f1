"""Notes on the line: written, changed, put away for 30 days."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.deleting import delete
from accounts.models import Deletion
from surveys.models import Annotation, Survey


@transaction.atomic
def annotate(*, day: dt.date, words: str, survey: Survey | None = None, by: Actor) -> Annotation:
    """A note about one survey, or about all. `day` is one of the organization's, past or to come."""
    by.require("annotation.edit")
    made: Annotation = Annotation.objects.create(day=day, words=words.strip(), survey=survey)
    audit("annotation.edit", made, by=by, did="created")
    return made


@transaction.atomic
def change(
    annotation: Annotation, *, day: dt.date, words: str, survey: Survey | None, revision: int, by: Actor
) -> Annotation:
    """Raises Stale when somebody saved since `revision`."""
    by.require("annotation.edit")
    annotation.day, annotation.words, annotation.survey = day, words.strip(), survey
    annotation.save_revision(revision, by=by, update_fields=["day", "words", "survey"])
    audit("annotation.edit", annotation, by=by, did="changed")
    return annotation


@transaction.atomic
def put_away(annotation: Annotation, *, by: Actor) -> Deletion:
    """Off the line; can be taken back for 30 days."""
    by.require("annotation.edit")
    return delete(annotation, by=by, action="annotation.edit")

"""What people say often and no theme has words for: suggestions from the latest comments, and those sent away."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.models import Organization
from accounts.tenancy.context import current_organization_id
from surveys import hearing, naming_themes, reporting
from surveys.filtering import Filter
from surveys.models import Dismissal, Response, Theme
from surveys.theming import noticing
from surveys.theming.noticing import Noticed, Said
from surveys.weighing_themes import without_names

LOOKED_AT = 2_000  # of the latest comments
LETTERS = 300_000  # of them altogether, so that long ones take no longer to look through
EXAMPLES = 3


@dataclass(frozen=True)
class Suggested:
    """A suggestion with some of the comments that it was made from, without names."""

    noticed: Noticed
    examples: list[str]

    @property
    def name(self) -> str:
        return self.noticed.entries[0].capitalize()


@dataclass(frozen=True)
class Suggestions:
    """`looked_at` of the latest comments that the filter lets through were looked through."""

    rows: list[Suggested]
    looked_at: int


def suggestions(chosen: Filter, actor: Actor) -> Suggestions:
    """For those who may read single answers: what is suggested is people's own words."""
    organization = Organization.objects.get(pk=current_organization_id())
    latest: list[Response] = []
    letters = 0
    for response in reporting.comments(chosen.without_theme(), actor).select_related("customer")[:LOOKED_AT]:
        letters += len(response.comment)
        if letters > LETTERS:
            break
        latest.append(response)
    found = noticing.notice(
        [Said(each.comment, each.score, each.language) for each in latest],
        hearing.tagger_of(),
        default=organization.locale,
        dismissed=list(Dismissal.objects.values_list("entry", flat=True)),
    )
    rows = [
        Suggested(each, [without_names(latest[place]) for place in each.places[:EXAMPLES]]) for each in found
    ]
    return Suggestions(rows, len(latest))


@transaction.atomic
def accept(name: str, entries: list[str], language: str, *, into: Theme | None = None, by: Actor) -> Theme:
    """Make a theme of the entries, or give them to one that is there. Raises naming_themes.BadTheme."""
    by.require("theme.edit")
    if into is None:
        return naming_themes.make(name, {language: entries}, by=by)
    words = {**into.words, language: [*into.words.get(language, []), *entries]}
    return naming_themes.change(into, name=into.name, words=words, revision=into.revision, by=by)


@transaction.atomic
def dismiss(entries: list[str], *, by: Actor) -> None:
    """These are no theme; they are not suggested again."""
    by.require("theme.edit")
    Dismissal.objects.bulk_create(
        [Dismissal(entry=each[: naming_themes.LONGEST_ENTRY]) for each in entries if each.strip()],
        ignore_conflicts=True,
    )
    audit("theme.edit", by=by, did="dismissed")

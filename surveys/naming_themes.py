"""Themes: made, begun from starters, changed, merged, put away; and what a person says about one comment.

Rules that name a theme follow it to its new name, or to the theme that took it in.

Each change has every comment read again (surveys/hearing.py). Words are checked here, so that page and REST refuse
alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.deleting import delete
from accounts.models import Deletion
from segments import renaming
from surveys import hearing, starter_themes
from surveys.models import Correction, Improvement, Response, Sentiment, Theme
from surveys.theming import seeds
from surveys.theming.words import LANGUAGES, words_of

MOST_THEMES = 60
MOST_ENTRIES = 300  # of one theme in one language
LONGEST_ENTRY = 60  # characters
Words = Mapping[str, Sequence[str]]


class BadTheme(ValueError):
    """A theme cannot be kept as it was given: why, in a sentence."""


def checked_words(words: Words) -> dict[str, list[str]]:
    """The entries in order, each once, without empty languages. Raises BadTheme."""
    found: dict[str, list[str]] = {}
    for language, entries in words.items():
        if language and language not in LANGUAGES:
            raise BadTheme(
                _("“%(code)s” is none of the languages that comments are read in.") % {"code": language}
            )
        kept: dict[str, str] = {}
        for given in entries:
            entry = " ".join(str(given).split())
            if not entry:
                continue
            if len(entry) > LONGEST_ENTRY:
                raise BadTheme(
                    _("“%(entry)s …” is longer than %(most)s characters.")
                    % {"entry": entry[:20], "most": LONGEST_ENTRY}
                )
            core = words_of(entry.lstrip("+-"), language or "en")
            if not any(len(word.strip("*")) >= 2 for word in core):
                raise BadTheme(_("“%(entry)s” has no word of two letters or more.") % {"entry": entry})
            kept.setdefault(entry.casefold(), entry)
        if len(kept) > MOST_ENTRIES:
            raise BadTheme(_("More than %(most)s words in one language.") % {"most": MOST_ENTRIES})
        if kept:
            found[language] = list(kept.values())
    if not found:
        raise BadTheme(_("A theme needs at least one word."))
    return found


@transaction.atomic
def make(name: str, words: Words, *, seed: str = "", by: Actor) -> Theme:
    """A new theme; all comments are read for it. Raises BadTheme."""
    by.require("theme.edit")
    if Theme.objects.present().count() >= MOST_THEMES:
        raise BadTheme(_("There are %(most)s themes, which is the most.") % {"most": MOST_THEMES})
    theme: Theme = _kept(Theme(name=_checked_name(name), words=checked_words(words), seed=seed))
    audit("theme.edit", theme, by=by, did="created")
    hearing.begin()
    return theme


@transaction.atomic
def start_with(keys: Iterable[str], *, by: Actor) -> list[Theme]:
    """Begin with these starter themes; those that are there already are left alone. Raises BadTheme."""
    by.require("theme.edit")
    made = []
    for key in dict.fromkeys(keys):
        if key not in seeds.KEYS:
            raise BadTheme(_("There is no starter theme “%(key)s”.") % {"key": key})
        name = str(starter_themes.NAMES[key])
        there = Theme.objects.present()
        if there.filter(seed=key).exists() or there.filter(name=name).exists():
            continue
        made.append(make(name, seeds.words(key), seed=key, by=by))
    return made


@transaction.atomic
def change(theme: Theme, *, name: str, words: Words, revision: int, by: Actor) -> Theme:
    """Raises Stale when somebody saved since `revision`, and BadTheme."""
    by.require("theme.edit")
    again = checked_words(words)
    reads_other, before = again != theme.words, theme.name
    theme.name, theme.words = _checked_name(name), again
    try:
        with transaction.atomic():
            theme.save_revision(revision, by=by, update_fields=["name", "words"])
    except IntegrityError as error:
        raise _taken(theme.name) from error
    renaming.follow("themes", before, theme.name, by=by)
    audit("theme.edit", theme, by=by, did="changed")
    if reads_other:
        hearing.begin()
    return theme


@transaction.atomic
def merge(theme: Theme, other: Theme, *, by: Actor) -> Theme:
    """`other` becomes part of `theme`: its words, and what people said about single comments. It is put away."""
    by.require("theme.edit")
    first, second = sorted((theme.pk, other.pk))
    both = Theme.objects.present().select_for_update().filter(pk__in=(first, second)).order_by("pk")
    locked = {each.pk: each for each in both}
    if len(locked) != 2:
        raise BadTheme(_("A theme is merged with another one that is there."))
    theme, other = locked[theme.pk], locked[other.pk]
    together = {
        language: [*theme.words.get(language, []), *other.words.get(language, [])]
        for language in {*theme.words, *other.words}
    }
    theme.words = checked_words(together)
    theme.save_revision(theme.revision, by=by, update_fields=["words"])
    known = set(Correction.objects.filter(theme=theme).values_list("response_id", flat=True))
    Correction.objects.bulk_create(
        [
            Correction(
                response_id=each.response_id,
                theme=theme,
                sentiment=each.sentiment,
                at=each.at,
                by_id=each.by_id,
            )
            for each in Correction.objects.filter(theme=other, sentiment__isnull=False)
            if each.response_id not in known
        ]
    )
    Improvement.objects.filter(theme=other).update(theme=theme)
    delete(other, by=by)
    renaming.follow("themes", other.name, theme.name, by=by)
    audit("theme.edit", theme, by=by, did="merged", other=other.name)
    hearing.begin()
    return theme


@transaction.atomic
def split(theme: Theme, name: str, entries: Sequence[str], *, by: Actor) -> Theme:
    """A new theme of some entries of this one, which keeps the others. Raises BadTheme."""
    by.require("theme.edit")
    theme = Theme.objects.present().select_for_update(of=("self",)).get(pk=theme.pk)
    chosen = set(entries)
    parted = {language: [each for each in words if each in chosen] for language, words in theme.words.items()}
    kept = {
        language: [each for each in words if each not in chosen] for language, words in theme.words.items()
    }
    if not any(parted.values()) or not any(kept.values()):
        raise BadTheme(_("Choose some of its words for the new theme, and leave it some."))
    made = make(name, parted, by=by)
    theme.words = checked_words(kept)
    theme.save_revision(theme.revision, by=by, update_fields=["words"])
    audit("theme.edit", theme, by=by, did="split", other=made.name)
    return made


@transaction.atomic
def put_away(theme: Theme, *, by: Actor) -> Deletion:
    """Its comments stay; for 30 days it can be taken back, with what people said about single comments.

    Raises BadTheme while a rule names it: whom that finds would be nobody, without a word.
    """
    by.require("theme.edit")
    if users := renaming.naming("themes", theme.name):
        raise BadTheme(_("It is used by %(users)s.") % {"users": ", ".join(users)})
    deletion = delete(theme, by=by, action="theme.edit")
    hearing.begin()
    return deletion


@transaction.atomic
def correct(response: Response, theme: Theme, sentiment: int | None, *, by: Actor) -> None:
    """Say that the comment speaks of the theme in this tone, or (None) that it does not. Kept whatever comes."""
    by.require("response.edit")
    if sentiment is not None:
        sentiment = Sentiment(sentiment).value
    Correction.objects.update_or_create(
        response=response, theme=theme, defaults={"sentiment": sentiment, "at": timezone.now(), "by_id": by.user_id}
    )  # fmt: skip
    audit("response.edit", response, by=by, did="themed", theme=theme.name)
    hearing.read_again([response.pk])


@transaction.atomic
def leave_to_words(response: Response, theme: Theme, *, by: Actor) -> None:
    """Take back what a person said: the words decide again."""
    by.require("response.edit")
    gone, _of = Correction.objects.filter(response=response, theme=theme).delete()
    if gone:
        audit("response.edit", response, by=by, did="unthemed", theme=theme.name)
        hearing.read_again([response.pk])


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 60:
        raise BadTheme(_("A theme has a name of at most 60 characters."))
    return name


def _kept(theme: Theme) -> Theme:
    try:
        with transaction.atomic():
            theme.save()
    except IntegrityError as error:
        raise _taken(theme.name) from error
    return theme


def _taken(name: str) -> BadTheme:
    return BadTheme(_("There is a theme “%(name)s” already.") % {"name": name})

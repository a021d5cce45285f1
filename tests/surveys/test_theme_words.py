"""Themes and tone as words of rules: against plain Python over random comments, and told as a sentence."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from segments import catalog, compiling
from segments.models import Customer
from segments.rules import read_rule, sentence
from surveys import hearing, naming_themes
from surveys.models import Response
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import published, respond, system
from tests.segments.oracle import Oracle

SAYINGS = {
    "The queue": ({"Waiting": "negative"}, "negative"),
    "No queue, friendly staff": ({"Waiting": "positive", "Staff": "positive"}, "positive"),
    "The staff": ({"Staff": "neutral"}, "neutral"),
    "Rude staff": ({"Staff": "negative"}, "negative"),
    "Lovely": ({}, "positive"),
    "": ({}, None),
}
RULES = [
    {"field": "themes", "operator": "includes", "value": "Waiting"},
    {"field": "themes", "operator": "includes_any", "value": ["Waiting", "Staff"]},
    {"field": "themes", "operator": "excludes", "value": "Staff"},
    {"field": "themes", "operator": "is_known"},
    {"field": "themes", "operator": "is_unknown"},
    {"field": "themes", "tone": "negative", "operator": "includes", "value": "Staff"},
    {
        "field": "themes",
        "tone": "positive",
        "days": 30,
        "operator": "includes_any",
        "value": ["Staff", "Waiting"],
    },
    {"field": "themes", "days": 30, "operator": "excludes", "value": "Waiting"},
    {"field": "sentiment", "operator": "is", "value": "negative"},
    {"field": "sentiment", "operator": "is_not", "value": "positive"},
    {"field": "sentiment", "operator": "is_one_of", "value": ["positive", "neutral"]},
    {"field": "sentiment", "operator": "is_unknown"},
]


@pytest.fixture
def people(in_acme):
    """Sixty people with up to three answers each: what they said, and how long ago."""
    naming_themes.make("Waiting", {"en": ["-queue"]}, by=system())
    naming_themes.make("Staff", {"en": ["staff"]}, by=system())
    chance = random.Random(7)
    survey = published()
    first = respond(None, 9, survey=survey)
    told, rows = {}, []
    for number in range(60):
        customer = CustomerFactory(name=f"P{number}")
        if number == 5:
            customer.unprofiled_at = timezone.now()
            customer.save(update_fields=["unprofiled_at"])
        told[customer.pk] = said = [
            (chance.choice(list(SAYINGS)), ago)
            for ago in sorted(chance.sample([1, 10, 25, 40, 90, 200], chance.randint(0, 3)), reverse=True)
        ]
        rows += [
            Response(
                survey=survey, version_id=first.version_id, score=8, comment=text, mode=first.mode,
                customer=customer, state=first.state, source=first.source, channel="api",
                answered_at=timezone.now() - timedelta(days=ago),
            )
            for text, ago in said
        ]  # fmt: skip
        if number == 5:
            told[customer.pk] = []
    Response.objects.bulk_create(rows)
    hearing.settle()
    return told


def facts(said, rule):
    """What is known of somebody, as the row of the rule asks for it."""
    themes = {
        theme
        for text, ago in said
        if ago < rule.get("days", 10**6)
        for theme, tone in SAYINGS[text][0].items()
        if rule.get("tone") in (None, tone)
    }
    tones = [SAYINGS[text][1] for text, _ago in said if text]
    return {"themes": themes or None, "sentiment": tones[-1] if tones else None, "events": []}


@pytest.mark.row("E2", "themes")
@pytest.mark.row("E2", "sentiment")
def test_themes_and_tone_of_comments_are_words_of_rules(people):
    words = catalog.vocabulary()
    for row in RULES:
        for how in ("all", "none"):
            rule = read_rule({how: [row]}, words)
            keys = list(people)
            oracle = Oracle(
                [facts(people[key], row) for key in keys],
                timezone.now(),
                "UTC",
                {"themes": "list", "sentiment": "choice"},
            )
            expected = {keys[number] for number in oracle.matching(rule)}
            found = set(compiling.found_by(rule).values_list("pk", flat=True))
            assert found == expected, (how, row)
    assert Customer.objects.count() == 60


def test_the_sentence_says_theme_tone_and_days(people):
    words = catalog.vocabulary()

    def told(**row):
        return sentence(read_rule({"all": [row]}, words), words)

    assert "themes that their comments complain of in the last 30 days" in told(
        field="themes", tone="negative", days=30, operator="includes", value="Waiting"
    )
    assert "“Waiting”" in told(field="themes", operator="includes", value="Waiting")
    assert "tone of the last comment" in told(field="sentiment", operator="is", value="negative")
    assert "“Complaint”" in told(field="sentiment", operator="is", value="negative")

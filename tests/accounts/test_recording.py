"""News are rows in the same transaction as the fact, checked against the catalog."""

import ast
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from accounts import news_catalog
from accounts.management.commands.news_page import page
from accounts.models import Doorbell, News, Unit
from accounts.news_catalog import Fact, NewsType, WrongFacts, catalog
from accounts.recording import lane_of, record, record_many
from accounts.tenancy.context import acting_for

pytestmark = pytest.mark.django_db
ROOT = Path(settings.BASE_DIR)


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalog of its own."""
    kinds = {
        "unit.opened": NewsType(
            "unit.opened",
            "A unit opened its doors.",
            {
                "parent": Fact.ID,
                "since": Fact.INSTANT,
                "first": Fact.FLAG,
                "how": Fact.WORD,
                "staff": Fact.COUNT,
            },
            optional=frozenset({"since", "first", "how", "staff"}),
            version=3,
        )
    }
    monkeypatch.setattr(news_catalog, "catalog", lambda: kinds)


@pytest.fixture
def unit(in_acme: Any) -> Unit:
    return Unit.objects.create(name="North")


def test_news_hold_the_subject_the_facts_and_the_version(bells: None, unit: Unit) -> None:
    now = timezone.now()
    news = record("unit.opened", unit, at=now, parent=7, since=now, first=True, how="by_hand", staff=None)
    news.refresh_from_db()
    assert (news.name, news.version, news.subject_kind, news.subject_id) == (
        "unit.opened",
        3,
        "unit",
        unit.pk,
    )
    assert news.facts == {"parent": 7, "since": now.isoformat(), "first": True, "how": "by_hand"}
    assert news.at == now and news.lane == lane_of("unit", unit.pk)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"parent": "Ann"},
        {"parent": True},
        {"parent": 1, "how": "Ann Smith <ann@example.org>"},
        {"parent": 1, "since": "yesterday"},
        {"parent": 1, "first": 1},
        {"parent": 1, "name": "North"},
    ],
)
def test_facts_that_the_catalog_does_not_know_are_refused(
    bells: None, unit: Unit, facts: dict[str, Any]
) -> None:
    with pytest.raises(WrongFacts):
        record("unit.opened", unit, **facts)


def test_news_that_the_catalog_does_not_know_are_refused(bells: None, unit: Unit) -> None:
    with pytest.raises(WrongFacts):
        record("unit.exploded", unit)


def test_news_without_a_listener_are_settled_and_ring_nobody(bells: None, unit: Unit) -> None:
    assert record("unit.opened", unit, parent=1).settled_at is not None
    assert Doorbell.objects.count() == 0


def test_news_with_a_listener_wait_and_ring(bells: None, unit: Unit, settings: Any) -> None:
    settings.SUBSCRIPTIONS = {"unit.opened": ("builtins.print",)}
    news = record_many("unit.opened", [unit, unit], parent=1)
    assert [each.settled_at for each in news] == [None, None]
    assert Doorbell.objects.get().organization_id == unit.organization_id


def test_news_that_shall_wake_nobody_are_settled(bells: None, unit: Unit, settings: Any) -> None:
    settings.SUBSCRIPTIONS = {"unit.opened": ("builtins.print",)}
    assert record("unit.opened", unit, wake=False, parent=1).settled_at is not None


def test_news_go_when_the_fact_goes(bells: None, acme: Any) -> None:
    with pytest.raises(ZeroDivisionError), acting_for(acme):
        record("unit.opened", Unit.objects.create(name="North"), parent=1)
        raise ZeroDivisionError
    with acting_for(acme):
        assert News.objects.count() == 0


def test_a_name_that_is_no_noun_and_participle_stops_the_process() -> None:
    with pytest.raises(ImproperlyConfigured):
        NewsType("opened", "...")
    with pytest.raises(ImproperlyConfigured):
        NewsType("unit.opened", "...", optional=frozenset({"unknown"}))


def test_everything_that_is_recorded_stands_in_the_catalog_and_the_other_way_round() -> None:
    recorded = set()
    for app in ("accounts", "segments", "surveys", "outreach", "config"):
        for file in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Constant) and node.value in catalog() and file.name != "news.py":
                    recorded.add(node.value)
                if (
                    isinstance(node, ast.Call)
                    and getattr(node.func, "id", "") in ("record", "record_many")
                    and isinstance(node.args[0], ast.Constant)
                ):
                    assert node.args[0].value in catalog(), f"{file}:{node.lineno}"
    assert set(settings.SUBSCRIPTIONS) <= set(catalog())
    assert set(catalog()) == recorded


def test_the_catalog_page_is_fresh() -> None:
    assert (ROOT / "docs" / "news.md").read_text() == page(), "./run manage news_page --write"

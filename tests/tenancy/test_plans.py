"""Under row security the indexes are used, and the operators that would leak are not trusted."""

from hashlib import md5
from typing import Any

import pytest
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connection
from django.db.models import QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from accounts.tenancy import catalog
from accounts.tenancy.context import acting_for
from accounts.tenancy.staging import copy_rows, fresh_statistics
from tests.tenancy.garden.models import Bed, Harvest, Plant

pytestmark = pytest.mark.django_db
ROWS = 4000


@pytest.fixture
def crowded(two: Any) -> Any:
    for organization in two:
        with acting_for(organization):
            bed = Bed.objects.create(name="roses")
            copy_rows(
                Plant,
                ["bed", "name", "mail", "traits"],
                (
                    [
                        bed.pk,
                        f"{md5(str(n).encode()).hexdigest()} {n}",
                        f"Ann{n}@Example.org",
                        {"kind": f"k{n % 500}", "n": n},
                    ]
                    for n in range(ROWS)
                ),
            )
            Plant.objects.update(words=SearchVector("name"))
    fresh_statistics(Plant)
    return two


SHAPES: dict[str, tuple[str, Any]] = {
    "equality": ("garden_mail", lambda: Plant.objects.filter(mail="Ann7@Example.org")),
    "begins": ("garden_mail", lambda: Plant.objects.filter(mail__begins="Ann77")),
    "containment": ("garden_traits", lambda: Plant.objects.filter(traits__contains={"n": 7, "kind": "k7"})),
    "a key of JSON": (
        "garden_kind",
        lambda: Plant.objects.filter(Exact(KeyTextTransform("kind", "traits"), "k7")),
    ),
    "lower": (
        "garden_lower_mail",
        lambda: Plant.objects.annotate(low=Lower("mail")).filter(low="ann7@example.org"),
    ),
    "full text": ("garden_words", lambda: Plant.objects.filter(words=SearchQuery("77"))),
    "trigram": (
        "garden_trigram",
        lambda: Plant.objects.filter(name__trigram_similar=f"{md5(b'3999').hexdigest()} 3999"),
    ),
    "primary key": ("garden_plant_pkey", lambda: Plant.objects.filter(pk=7)),
}


def plan(queryset: QuerySet[Any]) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL random_page_cost = 1.1")
        return queryset.explain()


@pytest.mark.parametrize("shape", SHAPES)
def test_an_index_is_used_for(crowded: Any, shape: str) -> None:
    index, queryset = SHAPES[shape]
    with acting_for(crowded[0]):
        told = plan(queryset())
        assert index in told, told
        assert "organization_id" in told


def test_like_cannot_use_an_index_under_row_security_so_begins_is_there(crowded: Any) -> None:
    """The control: LIKE filters row by row, because it is not leakproof."""
    with acting_for(crowded[0]):
        told = plan(Plant.objects.filter(mail__startswith="Ann77"))
        assert "~~" not in told.split("Filter")[0]


def test_jsonb_equality_is_not_leakproof_so_values_of_json_are_compared_as_text(crowded: Any) -> None:
    """The control of "a key of JSON": `traits__kind="k7"` compiles to `->` and jsonb equality."""
    with acting_for(crowded[0]):
        assert "garden_kind" not in plan(Plant.objects.filter(traits__kind="k7"))


def test_begins_finds_what_startswith_finds(crowded: Any) -> None:
    with acting_for(crowded[0]):
        for prefix in ("Ann7", "ann7", "", "Ann1@", "100%", "Ann_"):
            assert set(Plant.objects.filter(mail__begins=prefix)) == set(
                Plant.objects.filter(mail__startswith=prefix)
            )


def test_partitions_of_others_are_pruned_while_planning(crowded: Any) -> None:
    with acting_for(crowded[0]):
        told = Harvest.objects.filter(plant__bed__name="roses").explain()
        assert sum(f"garden_harvest_p{n}" in told for n in range(4)) <= 1, told


def test_the_leakproof_marks_are_there_and_the_leaky_ones_are_not() -> None:
    with connection.cursor() as cursor:
        assert catalog.not_leakproof(cursor) == []
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE proleakproof AND proname = ANY(%s)",
            [list(catalog.NEVER_LEAKPROOF)],
        )
        assert cursor.fetchall() == []


def test_a_trailing_backslash_asks_nothing_of_other_tenants_rows(two: Any) -> None:
    """Were LIKE leakproof, this pattern would raise if, and only if, another tenant's mail begins with "se"."""
    acme, globex = two
    with acting_for(acme):
        bed = Bed.objects.create(name="roses")
        Plant.objects.create(bed=bed, name="a", mail="secret@acme.example")
    with acting_for(globex):
        for pattern in ("se\\", "zz\\"):
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM garden_plant WHERE mail LIKE %s", [pattern])
                assert cursor.fetchone() == (0,)


def test_what_the_runner_marks_is_what_the_check_expects() -> None:
    from config.stack import postgres

    assert {name.removeprefix("pg_catalog.") for name in postgres.LEAKPROOF} == set(catalog.LEAKPROOF)

"""The isolation matrix, with all locks, with each of the two inner locks switched off, and made red by holes."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path

from accounts.models import Organization
from accounts.tenancy import roles
from accounts.tenancy.context import acting_for
from accounts.tenancy.models import InThisOrganization
from accounts.tenancy.roles import as_operator
from config import urls as product_urls
from tests.tenancy import matrix, objects
from tests.tenancy.garden.models import Bed
from tests.tenancy.matrix import Matrix, Report, routes

SEED = int(os.environ.get("ISOLATION_SEED", "1"))
CHUNKS = 4


@pytest.fixture(autouse=True)
def no_limits(settings: Any) -> None:
    settings.API_RATE_PER_MINUTE = 10**9
    settings.ACCOUNT_RATE_LIMITS = False


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of refusals are no news."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def chunk_of(number: int, kind: str) -> Any:
    """Every fourth address of a kind, so that the matrix can be run on several processes."""
    wanted = [
        route
        for route in routes()
        if (route.kind == kind or (kind == "rest" and route.kind not in ("member", "api")))
    ]
    mine = {(route.template, route.name) for route in wanted[number::CHUNKS]}
    return lambda route: (route.template, route.name) in mine


def finish(report: Report, record: Any, title: str) -> None:
    record("isolation", title)
    record("isolation_figures", [len(report.routes), sorted(report.actors), report.cells, len(report.open)])
    assert report.open == [], "\n" + "\n".join(report.open[:60]) + f"\n{report.told()}"


def test_every_address_says_who_may_come_in() -> None:
    assert [str(route) for route in routes() if route.policy is None] == []


@pytest.mark.row("A6", "three locks between tenants")
@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["member", "api", "rest"])
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_nothing_is_open(kind: str, chunk: int, record_property: Any) -> None:
    finish(Matrix().run(chunk_of(chunk, kind)), record_property, "all locks")


@contextmanager
def without_the_filter() -> Iterator[None]:
    """The manager finds everything; row security stands alone."""
    kept = InThisOrganization.as_sql
    InThisOrganization.as_sql = lambda self, compiler, connection, **extra: ("TRUE", [])  # type: ignore[method-assign]
    try:
        yield
    finally:
        InThisOrganization.as_sql = kept  # type: ignore[method-assign]


@contextmanager
def without_row_security() -> Iterator[None]:
    """The app works as a role with BYPASSRLS; the manager's filter stands alone."""
    with as_operator() as alias:
        alias.settings_dict["OPERATOR"] = False  # the filter must not know
        kept, roles.refuse_powerful_role = roles.refuse_powerful_role, lambda connection: None
        try:
            assert matrix.row_security_is_off()
            yield
        finally:
            roles.refuse_powerful_role = kept
            alias.settings_dict["OPERATOR"] = True


def share(request: pytest.FixtureRequest) -> float:
    return 1.0 if request.config.getoption("--full") else 0.1


@pytest.mark.django_db
def test_nothing_is_open_when_the_filter_is_switched_off(
    request: pytest.FixtureRequest, record_property: Any
) -> None:
    world = Matrix(seed=SEED, share=share(request))
    with without_the_filter():
        finish(world.run(), record_property, f"without the filter, seed {SEED}")


@pytest.mark.django_db(transaction=True)
def test_nothing_is_open_when_row_security_is_switched_off(
    request: pytest.FixtureRequest, record_property: Any
) -> None:
    world = Matrix(seed=SEED + 1, share=share(request))
    with without_row_security():
        finish(world.run(), record_property, f"without row security, seed {SEED + 1}")


# Holes made by hand: the matrix must find each.


def leaky(request: HttpRequest, slug: str, bed_id: int) -> HttpResponse:
    """Finds the bed wherever it stands."""
    for organization in Organization.objects.all():
        with acting_for(organization):
            if bed := Bed.objects.filter(pk=bed_id).first():
                return HttpResponse(bed.name)
    raise Http404


def talkative(request: HttpRequest, slug: str, bed_id: int) -> HttpResponse:
    """Answers 404 to both, and says which of the two it was."""
    if Bed.objects.filter(pk=bed_id).exists():
        return HttpResponse("here")
    for organization in Organization.objects.all():
        with acting_for(organization):
            if Bed.objects.filter(pk=bed_id).exists():
                return HttpResponse("This bed belongs to somebody else.", status=404)
    return HttpResponse("There is nothing here.", status=404)


def unguarded(request: HttpRequest, slug: str, bed_id: int) -> HttpResponse:
    """Forgot to ask for the right."""
    return HttpResponse(Bed.objects.filter(pk=bed_id).values_list("name", flat=True).first() or _missing())


def sound(request: HttpRequest, slug: str, bed_id: int) -> HttpResponse:
    return HttpResponse(Bed.objects.filter(pk=bed_id).values_list("name", flat=True).first() or _missing())


def undeclared(request: HttpRequest, slug: str, bed_id: int) -> HttpResponse:
    return HttpResponse("nobody said who may read this")


def _missing() -> Any:
    raise Http404


for view, action in (
    (leaky, "today.view"),
    (talkative, "today.view"),
    (unguarded, "audit.view"),
    (sound, "today.view"),
):
    view.action = view.post_action = action  # type: ignore[attr-defined]
    view.policy = f"member:{action}"  # type: ignore[attr-defined]

urlpatterns = [
    path("o/<slug:slug>/leaky/beds/<int:bed_id>/", leaky, name="leaky"),
    path("o/<slug:slug>/talkative/beds/<int:bed_id>/", talkative, name="talkative"),
    path("o/<slug:slug>/unguarded/beds/<int:bed_id>/", unguarded, name="unguarded"),
    path("o/<slug:slug>/sound/beds/<int:bed_id>/", sound, name="sound"),
    path("o/<slug:slug>/undeclared/beds/<int:bed_id>/", undeclared, name="undeclared"),
    path("o/<slug:slug>/unbuilt/<int:rake_id>/", sound, name="unbuilt"),
    path("", include(product_urls.urlpatterns)),
]


@pytest.fixture
def holes(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ROOT_URLCONF = __name__
    monkeypatch.setitem(objects.BUILDERS, "bed", lambda world: Bed.objects.create(name="roses"))


def only(name: str) -> Any:
    return lambda route: route.name == name


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("leaky", "foreign bed_id 200"),
        ("talkative", "foreign bed_id 404, missing one 404"),
        ("unguarded", "has no right and gets 200"),
        ("undeclared", "no policy"),
        ("unbuilt", "PLACES in tests/tenancy/objects.py does not say"),
    ],
)
def test_a_planted_hole_turns_the_matrix_red(holes: None, name: str, why: str) -> None:
    report = Matrix().run(only(name))
    assert any(why in each for each in report.open), report.open


@pytest.mark.django_db
def test_a_sound_view_among_the_holes_is_green(holes: None) -> None:
    report = Matrix().run(only("sound"))
    assert report.open == [] and report.cells > 50


@pytest.mark.django_db(transaction=True)
def test_a_planted_table_without_a_policy_turns_the_matrix_red(holes: None) -> None:
    """Only with the filter switched off: that is what the second pass is for."""
    with as_operator() as alias, alias.cursor() as cursor:
        cursor.execute("ALTER TABLE garden_bed DISABLE ROW LEVEL SECURITY")
    try:
        world = Matrix()
        with without_the_filter():
            report = world.run(only("sound"))
        assert any("foreign bed_id" in each for each in report.open), report.open
    finally:
        with as_operator() as alias, alias.cursor() as cursor:
            cursor.execute("ALTER TABLE garden_bed ENABLE ROW LEVEL SECURITY")


@pytest.mark.django_db(transaction=True)
def test_a_view_that_forgets_the_filter_turns_the_matrix_red_when_row_security_is_off(
    holes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bed, "objects", Bed.unlocked)
    world = Matrix()
    with without_row_security():
        report = world.run(only("sound"))
    assert any("foreign bed_id" in each for each in report.open), report.open

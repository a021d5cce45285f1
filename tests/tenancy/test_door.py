"""What a request leaves behind when it fails, and what its connection knows afterwards."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.urls import include, path
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from accounts.api.base import ApiView
from accounts.door import member_page, public_page
from accounts.tenancy.context import NoOrganization, acting_for, organization_id_or_none
from accounts.tokens import Claim, derive
from config import urls as product_urls
from tests.tenancy.garden.models import Bed

pytestmark = pytest.mark.django_db(transaction=True)
seen: list[int | None] = []


@member_page("today.view")
def raises(request: HttpRequest, slug: str) -> HttpResponse:
    Bed.objects.create(name="half done")
    raise ZeroDivisionError


@member_page("today.view")
def lazy(request: HttpRequest, slug: str) -> HttpResponse:
    template = engines["django"].from_string("{% for bed in beds %}{{ bed.name }} {% endfor %}")
    return TemplateResponse(request, template, {"beds": Bed.objects.order_by("name")})


@member_page("today.view")
def streams(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    def body() -> Iterator[str]:
        for bed in Bed.objects.all():
            yield bed.name

    return StreamingHttpResponse(body())


@member_page("today.view")
def streams_soundly(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    organization = request.organization  # type: ignore[attr-defined]

    def body() -> Iterator[str]:
        with acting_for(organization):
            for bed in Bed.objects.all():
                yield bed.name

    return StreamingHttpResponse(body())


@member_page("today.view")
def calls_back(request: HttpRequest, slug: str) -> HttpResponse:
    transaction.on_commit(lambda: seen.append(organization_id_or_none()))
    return HttpResponse()


@public_page("matrix", token="matrix")
def public_raises(request: HttpRequest, claim: Claim) -> HttpResponse:
    Bed.objects.create(name="half done")
    raise ZeroDivisionError


class RefusingView(ApiView):
    actions = {"POST": "customer.edit"}

    def post(self, request: Any) -> Response:
        Bed.objects.create(name="half done")
        raise ValidationError({"name": ["no"]})


urlpatterns = [
    path("o/<slug:slug>/try/raises/", raises),
    path("o/<slug:slug>/try/lazy/", lazy),
    path("o/<slug:slug>/try/streams/", streams),
    path("o/<slug:slug>/try/streams-soundly/", streams_soundly),
    path("o/<slug:slug>/try/calls-back/", calls_back),
    path("try/<token>/", public_raises),
    path("api/v1/try", RefusingView.as_view()),
    path("", include(product_urls.urlpatterns)),
]


@pytest.fixture(autouse=True)
def addresses(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    seen.clear()


def beds(organization: Any) -> int:
    with acting_for(organization):
        return Bed.objects.count()


def test_a_page_that_raises_leaves_nothing(acme: Any, alice: Any, as_: Any) -> None:
    client = as_(alice, raise_request_exception=False)
    assert client.post("/o/acme/try/raises/").status_code == 500
    assert beds(acme) == 0


def test_a_public_page_that_raises_leaves_nothing(acme: Any, client: Any) -> None:
    client.raise_request_exception = False
    assert client.post(f"/try/{derive('matrix', acme.pk, 1)}/").status_code == 500
    assert beds(acme) == 0


def test_a_resource_that_refuses_leaves_nothing(acme: Any, api: Any) -> None:
    answer = api(acme).post("/api/v1/try")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert beds(acme) == 0


def test_a_page_that_is_drawn_late_still_finds_its_rows(acme: Any, alice: Any, as_: Any) -> None:
    with acting_for(acme):
        Bed.objects.create(name="roses")
    assert as_(alice).get("/o/acme/try/lazy/").content == b"roses "


def test_a_body_that_streams_without_a_context_raises(acme: Any, alice: Any, as_: Any) -> None:
    with acting_for(acme):
        Bed.objects.create(name="roses")
    with pytest.raises(NoOrganization):
        b"".join(as_(alice).get("/o/acme/try/streams/").streaming_content)
    assert b"".join(as_(alice).get("/o/acme/try/streams-soundly/").streaming_content) == b"roses"


def test_callbacks_after_the_commit_have_no_context(alice: Any, as_: Any) -> None:
    assert as_(alice).get("/o/acme/try/calls-back/").status_code == 200
    assert seen == [None]


def test_after_a_request_its_connection_sees_nothing(acme: Any, alice: Any, as_: Any) -> None:
    with acting_for(acme):
        Bed.objects.create(name="roses")
    as_(alice).get("/o/acme/try/lazy/")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(current_setting('app.organization', true), ''), count(*) FROM garden_bed"
        )
        assert cursor.fetchone() == ("", 0)
    assert organization_id_or_none() is None


def test_a_pooled_connection_sees_nothing_either(acme: Any) -> None:
    """As behind PgBouncer in transaction mode: the next transaction on the same session knows nobody."""
    with acting_for(acme):
        Bed.objects.create(name="roses")
    session = connection.connection
    for _ in range(3):
        with transaction.atomic():
            assert connection.connection is session
            assert Bed.unlocked.count() == 0

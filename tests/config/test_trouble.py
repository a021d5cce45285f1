"""The database is gone for a minute: a clear answer, nothing lost, nothing half-written."""

import html
import re
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client

from accounts.acting import system_actor
from accounts.issuing_keys import issue_key
from accounts.tenancy.context import acting_for
from config.stack.places import free_port
from surveys import inviting
from surveys.models import Invitation, Response
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import InvitationFactory, published

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def acme_key(acme) -> str:
    with acting_for(acme):
        return issue_key(name="trouble", scopes=["customers:read"], mode="live", by=system_actor(acme)).text


@pytest.fixture
def invitation(acme) -> Invitation:
    with acting_for(acme):
        return InvitationFactory(customer=CustomerFactory(), distribution__survey=published())


class Outage:
    """The server is not where it was: connections are refused until `over` is called."""

    def begin(self) -> None:
        connection.close()
        self.before = dict(connection.settings_dict)
        connection.settings_dict.update(HOST="127.0.0.1", PORT=str(free_port()))

    def over(self) -> None:
        connection.close()
        connection.settings_dict.update(self.before)


@pytest.fixture
def outage() -> Iterator[Outage]:
    outage = Outage()
    yield outage
    if hasattr(outage, "before"):
        outage.over()


def fields(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def test_an_answer_is_kept_on_the_page_and_counts_once_when_sent_again(
    acme, invitation, visitor, outage
) -> None:
    path = f"/s/{inviting.token(invitation)}"
    said = {"nps": "2", "reason_detractor": 'Waited "two hours" & <nobody> came'}
    form = {**fields(visitor.get(path).content.decode()), **said}
    outage.begin()
    page = visitor.post(path, form)
    assert page.status_code == 503 and page["Retry-After"] == "30"
    kept = fields(page.content.decode())
    assert kept.items() >= said.items()
    assert f'action="{path}"' in page.content.decode()
    outage.over()
    assert visitor.post(path, kept).status_code == 303
    with acting_for(acme):
        (response,) = Response.objects.all()
        assert (response.score, response.comment) == (2, said["reason_detractor"])


def test_a_page_says_so_and_offers_itself_again(acme, alice, visitor, outage) -> None:
    visitor.force_login(alice.user)
    outage.begin()
    page = visitor.get(f"/o/{acme.slug}/customers/?q=lamp")
    assert page.status_code == 503
    words = page.content.decode()
    assert "Back in a minute." in words and 'lamp"' in words


def test_a_password_is_never_written_out(visitor, outage) -> None:
    outage.begin()
    page = visitor.post("/log-in/", {"login": "a@acme.example", "password": "correct horse battery"})
    assert page.status_code == 503
    assert "correct horse" not in page.content.decode()


def test_a_program_gets_a_problem_with_the_time_to_wait(visitor, outage, acme_key) -> None:
    outage.begin()
    answer = visitor.get("/api/v1/customers", headers={"Authorization": f"Bearer {acme_key}"})
    assert answer.status_code == 503 and answer["Retry-After"] == "30"
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 503 and answer.json()["type"].endswith("unavailable")


def test_what_breaks_otherwise_is_a_problem_for_programs_too(
    visitor, acme_key, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr("accounts.middleware.prove_key", broken)
    answer = visitor.get("/api/v1/customers", headers={"Authorization": f"Bearer {acme_key}"})
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert "ZeroDivisionError" not in answer.content.decode()

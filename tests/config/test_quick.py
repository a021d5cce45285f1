"""The short way of a sent first page: it says and writes what the long way does, or leaves it to the long way."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError
from django.test import Client, RequestFactory

from accounts import tokens
from accounts.tenancy.context import acting_for
from config.quick import FORM, Quick
from surveys import inviting
from surveys.models import Answer, Invitation, Response
from surveys.public import first_page
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import InvitationFactory, published

SAID = {"nps": "3", "reason_detractor": "Three broken lamps & “no reply”"}

# The short way ends its own transaction, and hangs up on connections that are in the middle of one.
pytestmark = pytest.mark.django_db(transaction=True)

OF_ONE_ANSWER = {"Content-Security-Policy", "Location"}
# Django says these of every page; they mean nothing on one that is empty and sets no cookie.
OF_DJANGO = {"Vary", "Content-Language"}


class Behind:
    """Django, and how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        self.asked += 1
        return WSGIHandler()(environ, start)  # made now: its middleware reads the settings of this test


class Sender:
    """Sends one form through the short way, and remembers what came back."""

    def __init__(self) -> None:
        self.behind = Behind()
        self.quick = Quick(self.behind)

    def __call__(self, path: str, form: dict[str, str], **extra: Any) -> tuple[str, dict[str, str]]:
        kind = extra.pop("content_type", FORM)
        extra = {"HTTP_HOST": "testserver", **extra}
        request = RequestFactory().post(path, urlencode(form), content_type=kind, **extra)
        came: list[Any] = []
        body = self.quick(request.environ, lambda status, headers: came.append((status, dict(headers))))
        b"".join(body)
        (answer,) = came
        return answer


@pytest.fixture
def send() -> Sender:
    return Sender()


@pytest.fixture
def asked(acme) -> list[Invitation]:
    with acting_for(acme):
        first = InvitationFactory(customer=CustomerFactory(), distribution__survey=published())
        return [first, InvitationFactory(customer=CustomerFactory(), distribution=first.distribution)]


def path_of(invitation: Invitation) -> str:
    return f"/s/{inviting.token(invitation)}"


def form_of(invitation: Invitation, secure: bool = False, **said: str) -> dict[str, str]:
    page = Client().get(path_of(invitation), secure=secure).content.decode()
    return {**dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)), **said}


def written(acme) -> list[Any]:
    with acting_for(acme):
        return [
            (each.score, each.comment, each.state, each.language, each.channel, each.touchpoint, each.source,
             sorted(Answer.objects.filter(response=each).values_list("question", "kind", "number", "text")))
            for each in Response.objects.order_by("id")
        ]  # fmt: skip


def test_both_ways_write_and_say_the_same(acme, asked, send):
    forms = [form_of(each, **SAID) for each in asked]
    status, said = send(path_of(asked[0]), forms[0])
    assert send.behind.asked == 0, "the short way did not lead to the end"
    page = Client().post(path_of(asked[1]), forms[1])
    assert status.startswith(f"{page.status_code} ")
    theirs = dict(page.headers)
    assert said.keys() == theirs.keys() - OF_DJANGO
    for name in said.keys() - OF_ONE_ANSWER:
        assert said[name] == theirs[name], name
    assert (said["Location"], theirs["Location"]) == (path_of(asked[0]), path_of(asked[1]))
    short, long = written(acme)
    assert short == long


def test_a_language_that_was_chosen_stays_chosen(acme, asked, send):
    _status, said = send(path_of(asked[0]) + "?lang=en", form_of(asked[0], **SAID))
    assert send.behind.asked == 0
    assert said["Location"] == path_of(asked[0]) + "?lang=en"


def test_under_https_it_carries_the_header_that_keeps_browsers_there(acme, asked, send, settings):
    settings.SECURE_HSTS_SECONDS = 600
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    settings.SECURE_SSL_REDIRECT = True
    forms = [form_of(each, secure=True, **SAID) for each in asked]
    secure = {"wsgi.url_scheme": "https"}
    _status, said = send(path_of(asked[0]), forms[0], **secure)
    assert send.behind.asked == 0
    theirs = Client().post(path_of(asked[1]), forms[1], secure=True)
    assert said["Strict-Transport-Security"] == theirs["Strict-Transport-Security"]


@pytest.mark.parametrize(
    ("extra", "status"),
    [
        ({"HTTP_HOST": "elsewhere.example"}, "400"),
        ({"content_type": "text/plain"}, "422"),
        ({"content_type": FORM + "; charset=utf-8"}, "303"),
    ],
)
def test_what_is_unusual_goes_the_long_way(acme, asked, send, extra, status):
    answer, _headers = send(path_of(asked[0]), form_of(asked[0], **SAID), **extra)
    assert send.behind.asked == 1
    assert answer.startswith(status)
    assert len(written(acme)) == (status == "303")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_without_encryption_nothing_is_taken_in_where_it_is_asked_for(acme, asked, send, settings, scheme):
    form = form_of(asked[0], **SAID)
    settings.SECURE_SSL_REDIRECT = True
    answer, _headers = send(path_of(asked[0]), form, **{"wsgi.url_scheme": scheme})
    assert answer[:3] == ("303" if scheme == "https" else "301")
    assert len(written(acme)) == (scheme == "https")


def test_behind_a_proxy_its_word_on_encryption_counts(acme, asked, send, settings):
    form = form_of(asked[0], **SAID)
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    plain, _headers = send(
        path_of(asked[0]), form, **{"wsgi.url_scheme": "https", "HTTP_X_FORWARDED_PROTO": "http"}
    )
    assert plain.startswith("301")
    secure, _headers = send(path_of(asked[0]), form, HTTP_X_FORWARDED_PROTO="https")
    assert secure.startswith("303")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"nps": "11"}, "422"),
        ({"nps": "9.5"}, "422"),
        ({"nps": ""}, "422"),
        ({"view": "made up"}, "409"),
        ({"view": ""}, "409"),
        ({"reason_detractor": "x" * 70_000}, "422"),
    ],
)
def test_a_fault_in_the_form_is_told_by_the_page(acme, asked, send, change, status):
    answer, _headers = send(path_of(asked[0]), {**form_of(asked[0], **SAID), **change})
    assert (answer[:3], send.behind.asked) == (status, 1)
    assert written(acme) == []


def test_the_view_of_another_link_is_no_key_to_this_one(acme, asked, send):
    answer, _headers = send(path_of(asked[0]), form_of(asked[1], **SAID))
    assert (answer[:3], written(acme)) == ("409", [])


def test_the_token_of_another_purpose_opens_nothing(acme, asked, send):
    foreign = tokens.derive("unsubscribe", acme.pk, asked[0].pk)
    answer, _headers = send(f"/s/{foreign}", form_of(asked[0], **SAID))
    assert (answer[:3], written(acme)) == ("404", [])


def test_a_form_sent_twice_is_one_answer(acme, asked, send):
    form = form_of(asked[0], **SAID)
    for times in range(2):
        answer, _headers = send(path_of(asked[0]), form)
        assert (answer[:3], send.behind.asked) == ("303", times)
    assert len(written(acme)) == 1


@pytest.mark.parametrize("trouble", [OperationalError("gone"), KeyError("never thought of")])
def test_when_the_short_way_breaks_off_the_long_way_has_the_whole_form(
    acme, asked, send, monkeypatch, trouble
):
    def broken(token: str, form: Any) -> bool:
        raise trouble

    form = form_of(asked[0], **SAID)
    monkeypatch.setattr(first_page, "take", broken)
    answer, _headers = send(path_of(asked[0]), form)
    assert (answer[:3], send.behind.asked) == ("303", 1)
    ((score, comment, *_rest),) = written(acme)
    assert (score, comment) == (3, SAID["reason_detractor"])

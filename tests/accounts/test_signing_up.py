"""A business signs up in a browser, confirms its address, logs in, and forgets its password."""

import re

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.core.cache import cache
from django.test import Client

from accounts.models import AuditEntry, Membership, Organization, User
from accounts.tenancy.context import acting_for

FORM = {
    "business": "Harbour & Vale",
    "name": "Alice Moreau",
    "email": "Alice@HarbourVale.example",
    "password1": "three lamps on the quay",
    "time_zone": "Europe/London",
}


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def post(django_capture_on_commit_callbacks):
    """POST as a request does it: what waits for the commit runs when it ends."""

    def send(client: Client, path: str, facts: dict, **extra):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(path, facts, **extra)

    return send


def link_in(mail, start: str) -> str:
    found = re.search(rf"http://testserver({start}[^\s\"<>]*)", mail.body)
    assert found, mail.body
    return found[1]


@pytest.mark.row("A1", "organization + owner")
@pytest.mark.row("A1", "e-mail confirmed")
def test_a_business_signs_up_confirms_its_address_and_is_let_in(db, client, post, mailoutbox):
    answer = post(client, "/sign-up/", FORM)
    assert (answer.status_code, answer["Location"]) == (302, "/confirm/")
    organization = Organization.objects.get()
    assert (organization.name, organization.slug) == ("Harbour & Vale", "harbour-vale")
    assert organization.time_zone == "Europe/London"
    owner = Membership.objects.get()
    assert (owner.user.email, owner.user.name, owner.role) == (
        "alice@harbourvale.example",
        "Alice Moreau",
        "owner",
    )

    # Nobody gets in before the address is confirmed.
    other = Client()
    answer = post(other, "/log-in/", {"login": "alice@harbourvale.example", "password": FORM["password1"]})
    assert answer["Location"] == "/confirm/"
    assert other.get("/o/harbour-vale/settings/members/").status_code == 302

    confirm = link_in(mailoutbox[0], "/confirm/")
    assert "Confirm" in client.get(confirm).content.decode()
    client.get(confirm)  # a scanner that fetches the link confirms nothing
    assert not owner.user.emailaddress_set.get().verified
    post(client, confirm, {})
    assert owner.user.emailaddress_set.get().verified
    assert client.get("/").headers["Location"] == "/o/harbour-vale/"
    assert client.get("/o/harbour-vale/settings/members/").status_code == 200


def test_signing_up_is_logged_once(client, post, db):
    post(client, "/sign-up/", FORM)
    with acting_for(Organization.objects.get()):
        assert AuditEntry.objects.filter(details__did="founded").count() == 1
        assert AuditEntry.objects.exclude(actor_kind="system").count() == 1


@pytest.mark.row("A1", "uniform answers that do not tell whether an address is known")
def test_the_answers_do_not_tell_whether_an_address_is_known(client, alice, post, mailoutbox):
    known, unknown = alice.user.email, "nobody@nowhere.example"
    answers = {}
    for email in (known, unknown):
        signed = post(Client(), "/sign-up/", {**FORM, "email": email})
        reset = post(Client(), "/password/forgotten/", {"email": email})
        tried = post(Client(), "/log-in/", {"login": email, "password": "a wrong guess"})
        page = re.sub(r'value="[^"]*"|nonce="[^"]*"|content="[^"]*"', "", tried.content.decode())
        answers[email] = (signed.status_code, signed["Location"], reset.status_code, reset["Location"], page)
    assert answers[known][:4] == answers[unknown][:4] == (302, "/confirm/", 302, "/password/forgotten/sent/")
    # The unknown address has an account by now, unconfirmed: the page after a wrong password is the same.
    assert answers[known][4] == answers[unknown][4]
    assert {mail.to[0] for mail in mailoutbox} == {known, unknown}
    assert Membership.objects.filter(user=alice.user).count() == 1


def test_a_wrong_password_is_a_clear_answer_and_lets_nobody_in(client, alice, post):
    answer = post(client, "/log-in/", {"login": alice.user.email, "password": "not the right one"})
    assert answer.status_code == 200
    assert "not correct" in answer.content.decode()
    assert client.get("/o/acme/settings/members/").status_code == 302


def test_an_account_is_guarded_against_guessing_and_others_are_not(alice, cyd, post):
    for _guess in range(5):
        post(Client(), "/log-in/", {"login": alice.user.email, "password": "a guess"})
    # Even the right password waits now.
    answer = post(Client(), "/log-in/", {"login": alice.user.email, "password": "a sentence is fine"})
    assert "Location" not in answer.headers
    answer = post(Client(), "/log-in/", {"login": cyd.user.email, "password": "a sentence is fine"})
    assert answer["Location"] == "/"


def test_guessing_over_many_accounts_is_stopped_by_the_address_prefix(acme, post, settings):
    settings.TRUSTED_PROXIES = 1
    said = set()
    for guess in range(14):
        # The visitor forges the first entry; the proxy writes the last.
        forged = f"203.0.113.{guess}, 198.51.100.{guess}"
        answer = post(
            Client(),
            "/log-in/",
            {"login": f"person{guess}@example.com", "password": "a guess"},
            headers={"X-Forwarded-For": forged},
        )
        said.add(answer.status_code if answer.status_code == 429 else "Too many" in answer.content.decode())
    assert True in said or 429 in said
    # Somebody elsewhere is not held up.
    answer = post(
        Client(),
        "/log-in/",
        {"login": "somebody@example.com", "password": "a guess"},
        headers={"X-Forwarded-For": "192.0.2.1"},
    )
    assert answer.status_code == 200
    assert "Too many" not in answer.content.decode()


def test_a_password_is_kept_as_argon2(settings, db):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    user = User.objects.create_user("ann@example.com", "three lamps on the quay")
    assert identify_hasher(user.password).algorithm == "argon2"


@pytest.mark.row("A3", "password reset")
def test_a_forgotten_password_is_set_anew_and_ends_every_session(alice, as_, post, mailoutbox):
    elsewhere = as_(alice)
    assert elsewhere.get("/o/acme/settings/members/").status_code == 200
    visitor = Client()
    post(visitor, "/password/forgotten/", {"email": alice.user.email})
    start = visitor.get(link_in(mailoutbox[-1], "/password/new/"))
    answer = post(
        visitor, start["Location"], {"password1": "a quite new sentence", "password2": "a quite new sentence"}
    )
    assert answer["Location"] == "/password/new/done/"
    assert elsewhere.get("/o/acme/settings/members/").status_code == 302
    answer = post(Client(), "/log-in/", {"login": alice.user.email, "password": "a quite new sentence"})
    assert answer["Location"] == "/"


def test_a_reset_link_works_once(alice, post, mailoutbox):
    visitor = Client()
    post(visitor, "/password/forgotten/", {"email": alice.user.email})
    link = link_in(mailoutbox[-1], "/password/new/")
    start = visitor.get(link)
    post(
        visitor, start["Location"], {"password1": "a quite new sentence", "password2": "a quite new sentence"}
    )
    answer = Client().get(link)
    assert answer.status_code == 200
    assert "password1" not in answer.content.decode()


def test_changing_the_password_ends_the_other_sessions_and_keeps_this_one(alice, as_, post):
    here, elsewhere = as_(alice), as_(alice)
    new = "a quite new sentence"
    answer = post(
        here, "/password/change/", {"oldpassword": "a sentence is fine", "password1": new, "password2": new}
    )
    assert answer.status_code == 302
    assert here.get("/o/acme/settings/members/").status_code == 200
    assert elsewhere.get("/o/acme/settings/members/").status_code == 302


def test_logging_out_everywhere_ends_this_session_too(alice, as_):
    here, elsewhere = as_(alice), as_(alice)
    here.post("/o/acme/settings/profile/sessions/")
    assert here.get("/o/acme/settings/members/").status_code == 302
    assert elsewhere.get("/o/acme/settings/members/").status_code == 302


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("email", "alice@harbourvale", "valid email"),
        ("password1", "short", "10 characters"),
        ("business", "", "required"),
        ("business", "Win at http://evil.example", "not a web address"),
        ("name", "<b>Alice</b>", "no &lt; or &gt;"),
    ],
)
def test_a_mistake_in_the_form_is_named_and_nothing_is_made(client, post, db, field, value, words):
    answer = post(client, "/sign-up/", {**FORM, field: value})
    assert words in answer.content.decode()
    assert not Organization.objects.exists()
    assert not User.objects.exists()


def test_two_businesses_of_one_name_get_two_addresses(post, db):
    for number in range(3):
        post(Client(), "/sign-up/", {**FORM, "email": f"person{number}@example.com"})
    assert set(Organization.objects.values_list("slug", flat=True)) == {
        "harbour-vale",
        "harbour-vale-2",
        "harbour-vale-3",
    }


def test_the_way_back_after_log_in_stays_on_this_site(alice, post):
    for evil in (
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "https:/evil.example",
        "javascript:1",
    ):
        answer = post(
            Client(),
            "/log-in/",
            {"login": alice.user.email, "password": "a sentence is fine", "next": evil},
        )
        assert answer["Location"] == "/"
    answer = post(
        Client(),
        "/log-in/",
        {"login": alice.user.email, "password": "a sentence is fine", "next": "/o/acme/settings/units/"},
    )
    assert answer["Location"] == "/o/acme/settings/units/"

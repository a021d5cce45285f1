"""Leaving: one click by topic, a page of choices, back again; GET only asks, and a wrong link tells nothing."""

import pytest

from accounts import tokens
from accounts.tenancy.context import acting_for
from outreach import leaving
from outreach.models import SendKey
from segments.contacting import may_contact
from segments.models import Consent, ConsentChange, CustomerEvent, Suppression
from tests.factories.segments import ConsentFactory, CustomerFactory


@pytest.fixture
def ann(acme):
    with acting_for(acme):
        ann = CustomerFactory(name="Ann", email="ann@okafor.example")
        ConsentFactory(customer=ann)
        return ann


@pytest.fixture
def received(acme, ann):
    """A survey mail and a campaign mail that Ann got: topic -> send key."""
    with acting_for(acme):
        return {
            topic: SendKey.objects.create(
                key=f"{topic} 1", customer=ann, message_class="relationship", topic=topic,
                origin_kind="campaign", origin_id=1, outcome="accepted",
            )
            for topic in ("surveys", "marketing")
        }  # fmt: skip


def stop_url(acme, key) -> str:
    return f"/u/{tokens.derive('unsubscribe', acme.pk, key.pk)}"


def allowed(acme, ann) -> dict[str, bool]:
    with acting_for(acme):
        return {
            purpose: "suppressed"
            not in (codes := [one.code for one in may_contact(ann, "email", purpose).reasons])
            and "no_consent" not in codes
            for purpose in ("service", "surveys", "marketing")
        }


@pytest.mark.row("F8", "one-click unsubscribe by topic")
@pytest.mark.parametrize(("topic", "other"), [("surveys", "marketing"), ("marketing", "surveys")])
def test_one_click_stops_the_topic_of_the_mail_and_no_other_without_logging_in(
    acme, ann, received, client, topic, other
):
    answer = client.post(stop_url(acme, received[topic]), {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and not answer.content
    assert allowed(acme, ann) == {"service": True, topic: False, other: True}
    with acting_for(acme):
        change = ConsentChange.objects.filter(allowed=False).get()
        assert (change.source, change.purpose) == ("one-click", topic)
        assert CustomerEvent.objects.filter(customer_id=ann.pk, name="contact.stopped").exists()


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_link_changes_nothing_however_often(acme, ann, received, client, method):
    for key in received.values():
        answer = getattr(client, method)(stop_url(acme, key))
        assert (
            answer.status_code == 200
            and "sessionid" not in answer.cookies
            and "csrftoken" not in answer.cookies
        )
    assert allowed(acme, ann) == {"service": True, "surveys": True, "marketing": True}
    with acting_for(acme):
        assert not Suppression.objects.exists() and not ConsentChange.objects.filter(allowed=False).exists()


def test_stopping_twice_is_stopping_once(acme, ann, received, client):
    url = stop_url(acme, received["surveys"])
    assert client.post(url).status_code == client.post(url).status_code == 200
    with acting_for(acme):
        assert Suppression.objects.count() == 1


def test_the_address_itself_is_stopped_also_for_another_customer_who_shares_it(acme, ann, received, client):
    with acting_for(acme):
        twin = CustomerFactory(name="Twin", email="ann@okafor.example")
    client.post(stop_url(acme, received["surveys"]))
    assert allowed(acme, twin)["surveys"] is False


@pytest.mark.row("B6", "preference centre")
def test_the_page_of_choices_shows_what_holds_saves_it_and_takes_it_back(acme, ann, received, client):
    url = f"/p/{tokens.derive('preferences', acme.pk, received['surveys'].pk)}"
    page = client.get(url).content.decode()
    assert page.count("checked") == 2
    client.post(url, {"email-surveys": "on"})
    assert allowed(acme, ann) == {"service": True, "surveys": True, "marketing": False}
    client.post(url, {"everything": "1"})
    assert allowed(acme, ann) == {"service": True, "surveys": False, "marketing": False}
    assert "Everything is stopped." in client.post(url, {"everything": "1"}).content.decode()
    client.post(url, {"email-surveys": "on", "email-marketing": "on"})
    assert allowed(acme, ann) == {"service": True, "surveys": True, "marketing": True}


@pytest.mark.row("B6", "consent per channel and purpose with evidence")
def test_what_a_customer_chose_is_kept_with_where_they_said_it(acme, ann, received, client):
    client.post(
        f"/p/{tokens.derive('preferences', acme.pk, received['surveys'].pk)}", {"email-surveys": "on"}
    )
    with acting_for(acme):
        consent = Consent.objects.get(customer=ann, channel="email", purpose="marketing")
        assert (consent.allowed, consent.source) == (False, "preference page")


def test_the_link_of_a_survey_opens_the_choices_of_its_reader_and_of_nobody_else(acme, ann, received, client):
    url = f"/c/{tokens.derive('choices', acme.pk, ann.pk)}"
    client.post(url, {"everything": "1"})
    assert allowed(acme, ann) == {"service": True, "surveys": False, "marketing": False}
    # The number of a mail is not the number of a person: neither link opens the other page.
    mistaken = tokens.derive("choices", acme.pk, received["surveys"].pk)
    assert client.get(f"/p/{mistaken}").status_code == 404
    assert client.get(f"/c/{tokens.derive('preferences', acme.pk, ann.pk)}").status_code == 404


@pytest.mark.parametrize("place", ["u", "p", "v"])
def test_a_wrong_a_foreign_and_a_missing_link_look_alike(acme, globex, received, client, place):
    purpose = {"u": "unsubscribe", "p": "preferences", "v": "sender"}[place]
    key = received["surveys"].pk
    wrong = [
        f"/{place}/nonsense",
        f"/{place}/{tokens.derive('survey', acme.pk, key)}",
        f"/{place}/{tokens.derive(purpose, acme.pk, key + 999)}",
        f"/{place}/{tokens.derive(purpose, globex.pk, key)}",
    ]
    for url in wrong:
        for method in (client.get, client.post):
            answer = method(url)
            assert answer.status_code == 404
            assert "There is nothing here" in answer.content.decode()
    with acting_for(acme):
        assert not Suppression.objects.exists()


def test_the_links_are_those_that_the_mails_carry(acme, received):
    with acting_for(acme):
        assert leaving.unsubscribe_link(acme.pk, 7).endswith(f"/u/{tokens.derive('unsubscribe', acme.pk, 7)}")
        assert leaving.preferences_link(acme.pk, 7).endswith(f"/p/{tokens.derive('preferences', acme.pk, 7)}")

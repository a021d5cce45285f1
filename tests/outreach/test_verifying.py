"""Sender identities: an address is used once its owner has followed the mailed link, and not before."""

import pytest
from django.core.exceptions import ValidationError

from accounts import tokens
from accounts.tenancy.context import acting_for
from outreach import sending, verifying
from outreach.models import Message, Sender


def test_a_sender_is_added_proved_by_its_mailbox_and_used_from_then_on(acme, adam, as_, client):
    url = f"/o/{acme.slug}/settings/senders/"
    browser = as_(adam)
    assert "No sender of your own yet" in browser.get(url).content.decode()
    browser.post(url, {"name": "Alice at Acme", "address": "Hello@Acme.example", "reply_to": ""})
    with acting_for(acme):
        sender = Sender.objects.get()
        assert (sender.address, sender.is_verified) == ("hello@acme.example", False)
        assert verifying.from_line(sender).address != "hello@acme.example"
        assert Message.objects.get().address == "hello@acme.example"
    proof = f"/v/{tokens.derive('sender', acme.pk, sender.pk, sender.revision)}"
    assert "May Acme send mails from hello@acme.example?" in client.get(proof).content.decode()
    with acting_for(acme):
        assert not Sender.objects.get().is_verified
    assert "is verified" in client.post(proof).content.decode()
    with acting_for(acme):
        sender = Sender.objects.get()
        assert sender.is_verified and sender.is_default
        assert verifying.from_line().address == "hello@acme.example"


def test_the_link_of_the_proof_is_kept_nowhere_and_stands_in_the_mail(
    acme, adam, actor_of, mail_server, without_broker, settings
):
    settings.BASE_URL = "https://loopwell.example"
    with acting_for(acme):
        sender = verifying.add_sender(name="Acme", address="one@acme.example", by=actor_of(adam))
        assert Message.objects.get().facts == {
            "address": sender.address,
            "sender": sender.pk,
            "generation": 1,
        }
    assert sending.send_due(acme.pk).accepted == 1
    (mail,) = mail_server.mails()
    token = tokens.derive("sender", acme.pk, sender.pk, 1)
    assert f"https://loopwell.example/v/{token}" in mail.get_body(("plain",)).get_content()
    assert "one@acme.example" in mail.get_body(("html",)).get_content()


def test_another_address_has_to_be_proved_again_and_the_old_link_is_worth_nothing(
    in_acme, adam, actor_of, client
):
    by = actor_of(adam)
    sender = verifying.add_sender(name="Acme", address="one@acme.example", by=by)
    old = tokens.derive("sender", in_acme.pk, sender.pk, sender.revision)
    verifying.verify(sender)
    verifying.change_sender(sender, name="Acme", address="two@acme.example", reply_to="", expected=1, by=by)
    sender.refresh_from_db()
    assert not sender.is_verified and not sender.is_default
    assert client.post(f"/v/{old}").status_code == 404


@pytest.mark.parametrize("name", ["Acme\r\nBcc: all@x.example", "Acme\nX: y"])
def test_a_line_break_never_gets_into_a_header(in_acme, adam, actor_of, name):
    with pytest.raises(ValidationError):
        verifying.add_sender(name=name, address="a@acme.example", by=actor_of(adam))


def test_an_unproved_address_cannot_be_made_the_default(in_acme, adam, actor_of):
    sender = Sender.objects.create(name="Acme", address="a@acme.example")
    with pytest.raises(ValidationError):
        verifying.make_default(sender, by=actor_of(adam))


def test_addresses_of_free_mail_are_warned_about():
    assert "gmail.com" in verifying.warning_about("shop@gmail.com")
    assert verifying.warning_about("shop@acme.example") == ""


def test_a_manager_sees_the_senders_and_changes_none(acme, mona, as_):
    url = f"/o/{acme.slug}/settings/senders/"
    assert as_(mona).get(url).status_code == 200
    assert as_(mona).post(url, {"name": "x", "address": "x@acme.example"}).status_code == 403

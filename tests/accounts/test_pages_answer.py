"""Every page of accounts answers for those who may open it, and says why to those who may not."""

import pytest
from django.urls import reverse

PAGES = [
    "settings_organization",
    "settings_brand",
    "settings_hours",
    "settings_sending",
    "settings_privacy",
    "member_list",
    "member_leave",
    "unit_list",
    "key_list",
    "audit_log",
    "profile",
]


@pytest.mark.parametrize("name", PAGES)
def test_the_owner_opens_every_page_of_the_settings(name, alice, acme_units, as_):
    answer = as_(alice).get(reverse(name, args=["acme"]))
    assert answer.status_code == 200
    assert "Acme" in answer.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_finds_nothing_at_all(name, cyd, acme, as_):
    answer = as_(cyd).get(reverse(name, args=["acme"]))
    missing = as_(cyd).get(reverse(name, args=["no-such-business"]))
    assert (answer.status_code, missing.status_code) == (404, 404)
    assert "There is nothing here" in answer.content.decode()


def test_a_visitor_is_sent_to_the_log_in_whether_the_business_exists_or_not(client, acme):
    for slug in ("acme", "no-such-business"):
        answer = client.get(f"/o/{slug}/settings/members/")
        assert answer.status_code == 302
        assert answer["Location"] == f"/log-in/?next=/o/{slug}/settings/members/"


def test_a_viewer_is_told_in_plain_words_that_keys_are_not_theirs(vera, as_):
    answer = as_(vera).get(reverse("key_list", args=["acme"]))
    assert answer.status_code == 403
    words = answer.content.decode()
    assert "You may not make and revoke API keys" in words
    assert "Viewer" in words

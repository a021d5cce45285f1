"""Keys of machines, and the log of who did what."""

import re

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client

from accounts.acting import member_actor, system_actor
from accounts.auditing import audit
from accounts.issuing_keys import KeyRefused, issue_key
from accounts.models import ApiKey, AuditEntry, KeyPrefix, Role
from accounts.roles import ACTIONS
from accounts.telling import tell
from accounts.tenancy.context import acting_for
from tests.factories.accounts import member

KEYS = "/o/acme/settings/keys/"
TEXT = re.compile(r"lw_(?:live|test)_[a-z0-9]{12}_[A-Za-z0-9]{43}")


def made(browser: Client, **facts: object) -> tuple[str, str]:
    answer = browser.post(KEYS, {"name": "till", "mode": "live", "scopes": ["members:read"], **facts})
    page = answer.content.decode()
    found = TEXT.search(page)
    assert found, page
    return found[0], page


@pytest.mark.row("A5", "API keys with scopes")
def test_a_key_is_shown_once_kept_as_a_hash_and_works_within_its_scopes(alice, as_, acme):
    browser = as_(alice)
    text, page = made(browser)
    assert "not shown again" in page
    assert text not in browser.get(KEYS).content.decode()
    secret = text.rsplit("_", 1)[1]
    with acting_for(acme):
        key = ApiKey.objects.get()
        assert secret not in repr(vars(key))
        assert secret not in repr(list(AuditEntry.objects.values()))
    machine = {"headers": {"Authorization": f"Bearer {text}"}}
    assert Client().get("/api/v1/members", **machine).status_code == 200
    answer = Client().get("/api/v1/units", **machine)
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert "units:read" in answer.json()["detail"]
    with acting_for(acme):
        key.refresh_from_db()
        assert key.last_used_at is not None


def test_a_revoked_key_is_refused_at_its_next_request(alice, as_, acme):
    browser = as_(alice)
    text, _page = made(browser)
    machine = {"headers": {"Authorization": f"Bearer {text}"}}
    assert Client().get("/api/v1/members", **machine).status_code == 200
    with acting_for(acme):
        key_id = ApiKey.objects.get().pk
    browser.post(f"{KEYS}{key_id}/revoke/")
    assert Client().get("/api/v1/members", **machine).status_code == 401
    assert "revoked" in browser.get(KEYS).content.decode()


def test_a_wrong_key_of_any_kind_gets_one_answer(alice, as_, acme):
    text, _page = made(as_(alice))
    head, secret = text.rsplit("_", 1)
    wrong = [
        "", "Bearer", "Bearer x", f"Basic {text}", f"Bearer {text}x", f"Bearer {head}_{secret[::-1]}",
        f"Bearer {text.replace('live', 'test')}", f"Bearer lw_live_{'a' * 12}_{'A' * 43}",
        "Bearer \x00", "Bearer ' OR 1=1",
    ]  # fmt: skip
    answers = [Client().get("/api/v1/members", headers={"Authorization": each}) for each in wrong]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0]["WWW-Authenticate"].startswith("Bearer")


def test_a_key_cannot_hold_more_than_its_maker(alice, adam, acme, as_, api):
    forbidden = as_(adam).post(KEYS, {"name": "x", "mode": "live", "scopes": ["moon:walk"]})
    assert forbidden.status_code == 422
    with acting_for(acme):
        nina = member(acme, "Nina Voss", Role.MANAGER)
        with pytest.raises(KeyRefused, match="do not hold"):
            issue_key(name="x", scopes=["moon:walk"], mode="live", by=system_actor(acme))
    assert nina.role == "manager"
    # A key that makes keys gives its own scopes at most, and a test key makes test keys only.
    machine = api(acme, "keys:write", "members:read")
    body = {"name": "x", "mode": "live", "scopes": ["customers:read"]}
    assert (
        machine.post("/api/v1/keys", body).json()["detail"].startswith("You cannot give what you do not hold")
    )
    assert machine.post("/api/v1/keys", {**body, "scopes": ["members:read"]}).status_code == 201
    probe = api(acme, "keys:write", mode="test")
    assert probe.post("/api/v1/keys", {**body, "scopes": ["keys:write"]}).status_code == 409


def test_a_key_made_in_a_branch_sees_that_branch(acme, acme_units, as_):
    with acting_for(acme):
        nils = member(acme, "Nils Frost", Role.ADMIN, acme_units.north)
    text, _page = made(as_(nils), scopes=["units:read"])
    answer = Client().get("/api/v1/units", headers={"Authorization": f"Bearer {text}"}).json()
    assert {unit["name"] for unit in answer["items"]} == {"North", "Leeds"}


def test_the_directory_of_prefixes_tells_the_organization_and_nothing_else(alice, as_, acme):
    made(as_(alice))
    assert {field.name for field in KeyPrefix._meta.fields} == {"prefix", "organization"}
    assert KeyPrefix.objects.get().organization == acme


def test_a_key_of_another_business_cannot_be_revoked(alice, cyd, as_, acme):
    made(as_(alice))
    with acting_for(acme):
        key = ApiKey.objects.get()
    assert as_(cyd).post(f"/o/globex/settings/keys/{key.pk}/revoke/").status_code == 404
    with acting_for(acme):
        assert ApiKey.objects.alive().exists()


@pytest.mark.row("A5", "audit log that people can read")
def test_the_log_tells_in_sentences_who_did_what(alice, adam, as_, acme, acme_units):
    browser = as_(alice)
    made(browser, name="Till in Leeds", mode="test")
    browser.post("/o/acme/settings/units/", {"name": "York", "parent": acme_units.north.pk})
    browser.post(f"/o/acme/settings/members/{adam.pk}/", {"role": "manager"})
    browser.post("/o/acme/settings/privacy/", {"privacy_threshold": 7, "revision": 1})
    words = browser.get("/o/acme/settings/audit/").content.decode()
    for sentence in (
        "Alice Moreau made the test key Till in Leeds for members:read",
        "Alice Moreau added the unit York",
        "Alice Moreau made Adam Berg Manager (was Admin)",
        "Alice Moreau changed the settings: privacy threshold",
    ):
        assert sentence in words
    only_keys = browser.get("/o/acme/settings/audit/", {"action": "key.manage"}).content.decode()
    assert "Till in Leeds" in only_keys
    assert "added the unit" not in only_keys
    by_adam = browser.get("/o/acme/settings/audit/", {"member": adam.pk}).content.decode()
    assert "Nothing of that kind" in by_adam
    by_alice = browser.get("/o/acme/settings/audit/", {"member": alice.pk}).content.decode()
    assert "added the unit York" in by_alice
    assert (
        "Nothing of that kind"
        in browser.get("/o/acme/settings/audit/", {"since": "2100-01-01"}).content.decode()
    )


def test_every_action_can_be_told_even_without_a_sentence_of_its_own(alice, in_acme):
    for name in ACTIONS:
        audit(name, in_acme, by=member_actor(alice))
    told = tell(AuditEntry.objects.newest())
    assert len(told) == len(ACTIONS)
    assert all(line.sentence.startswith("Alice Moreau") or "left" in line.sentence for line in told)
    assert not any("%(" in line.sentence for line in told)


def test_a_name_that_is_gone_is_gone_from_the_log_too(alice, adam, in_acme):
    audit("customer.export", by=member_actor(adam), did="exported")
    adam.user.delete()
    (line,) = tell(AuditEntry.objects.all())
    assert "Adam" not in line.sentence
    assert line.sentence.startswith("Someone who left")


def test_the_log_is_paged(alice, as_, acme):
    with acting_for(acme):
        for _each in range(60):
            audit("customer.export", by=system_actor(acme))
    first = as_(alice).get("/o/acme/settings/audit/").content.decode()
    assert first.count("<time ") == 50
    assert "page=2" in first
    second = as_(alice).get("/o/acme/settings/audit/", {"page": "2"}).content.decode()
    assert second.count("<time ") == 10
    assert as_(alice).get("/o/acme/settings/audit/", {"page": "x' OR 1=1"}).status_code == 200


def has_trigger() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_trigger WHERE tgname = 'append_only' AND tgparentid = 0")
        return cursor.fetchone() is not None


def test_nobody_changes_or_removes_an_entry(alice, in_acme):
    if not has_trigger():
        pytest.skip("this test database was made without migrations")
    audit("customer.export", by=member_actor(alice))
    for deed in (
        lambda: AuditEntry.objects.update(action="survey.view"),
        lambda: AuditEntry.objects.all().delete(),
    ):
        with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
            deed()
    assert AuditEntry.objects.get().action == "customer.export"

"""My data: a link that is mailed and ends; seen, corrected, taken along, erased; and answers that profile nobody."""

import io
import json
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts import tokens
from accounts.acting import member_actor, system_actor
from accounts.models import AuditEntry, News, Organization
from accounts.tenancy.context import acting_for
from outreach import my_data, triggers
from outreach.models import FollowUp, Message, SendKey
from segments import consenting, contacting, merging, timeline, unmerging
from segments import my_data as verbs
from segments.customers import upsert
from segments.models import (
    AttributeChange,
    Consent,
    ConsentChange,
    Customer,
    CustomerEvent,
    DataRequest,
    Suppression,
)
from surveys import listening
from surveys.models import Response
from tests.factories.segments import AttributeFactory, CustomerFactory
from tests.factories.surveys import DistributionFactory, InvitationFactory, published, respond


@pytest.fixture(autouse=True)
def nobody_was_here() -> None:
    cache.clear()


@pytest.fixture
def ann(acme: Organization) -> Customer:
    """Ann, from a file, with a plan, an order, an answer with words, and a twin at the same address."""
    with acting_for(acme):
        AttributeFactory(key="plan", label="Plan")
        ann = upsert(external_id="a-1", name="Ann Okafor", email="family@okafor.example", locale="en",
                     source="import:4", attributes={"plan": "=1+1"})[0]  # fmt: skip
        CustomerFactory(name="Zed Twin", email="family@okafor.example", attributes={"plan": "twin plan"})
        timeline.append(ann, "order placed", properties={"store": "Leeds"})
        respond(InvitationFactory(distribution=DistributionFactory(), customer=ann), 3, "It creaks.")
        return ann


@pytest.fixture
def url(acme: Organization, ann: Customer) -> str:
    return f"/d/{my_data.token(ann)}"


def counts(organization: Organization) -> list[int]:
    with acting_for(organization):
        return [model.objects.count() for model in (
            DataRequest, ConsentChange, Suppression, AttributeChange, SendKey, News, CustomerEvent, AuditEntry
        )]  # fmt: skip


@pytest.mark.row("B6", '"my data" page: see')
def test_a_customer_sees_all_that_is_held_in_plain_words_with_where_it_came_from(
    acme: Organization, ann: Customer, url: str, client: Any
) -> None:
    before = counts(acme)
    page = client.get(url)
    client.head(url)
    told = page.content.decode()
    for words in ("Ann Okafor", "from a file", "=1+1", "It creaks.", "Order placed", "a copy", "3</strong>"):
        assert words in told or words == "a copy", words
    assert "Twin" not in told and "twin plan" not in told, "somebody at the same address is somebody else"
    assert counts(acme) == before, "looking changes nothing"
    assert not page.cookies and page["Cache-Control"] == "no-store"
    with acting_for(acme):
        for number in range(200):
            timeline.append(ann, f"order placed {number}", properties={"text": "x" * 150})
    assert len(client.get(url).content) < 30_000
    assert "<script" not in told


def test_the_link_is_mailed_to_the_address_on_record_and_ends_after_a_day(
    acme: Organization, ann: Customer, client: Any
) -> None:
    choices = f"/c/{tokens.derive('choices', acme.pk, ann.pk)}"
    page = client.get(choices).content.decode()
    assert "/d/" not in page, "an old mail that was passed on shows nobody's data"
    assert "Mail me the link" in page
    for _ in range(my_data.LINKS_A_DAY):
        assert client.post(choices, {"my_data": "1"}).status_code == 200
    assert client.post(choices, {"my_data": "1"}).status_code == 429
    with acting_for(acme):
        sent = list(Message.objects.filter(origin_kind="my data"))
        assert {one.address for one in sent} == {"family@okafor.example"}
        assert {one.message_class for one in sent} == {"service"}
        hour = sent[0].facts["generation"]
        now = timezone.now()
        assert "okafor" not in json.dumps(sent[0].facts), (
            "the row holds ids; the link is made when it is written"
        )
    old = tokens.derive(my_data.MY_DATA, acme.pk, ann.pk, hour - my_data.HOURS - 1)
    later = tokens.derive(my_data.MY_DATA, acme.pk, ann.pk, my_data.hour_of(now) + 2)
    other = tokens.derive("choices", acme.pk, ann.pk, hour)
    missing = tokens.derive(my_data.MY_DATA, acme.pk, ann.pk + 999, hour)
    for wrong in (old, later, other, missing, "nonsense"):
        for method in (client.get, client.post):
            answer = method(f"/d/{wrong}")
            assert answer.status_code == 404 and "There is nothing here" in answer.content.decode()
    assert client.get(f"/d/{tokens.derive(my_data.MY_DATA, acme.pk, ann.pk, hour)}").status_code == 200


@pytest.mark.row("B6", "correct")
def test_a_customer_corrects_what_is_theirs_and_asks_for_the_rest(
    acme: Organization, ann: Customer, url: str, client: Any, mona: Any, as_: Any
) -> None:
    facts = {
        "do": "correct",
        "name": "Ann Adeyemi",
        "first_name": "Ann",
        "phone": "+44 1632 960001",
        "locale": "de",
    }
    assert "Changed." in client.post(url, facts).content.decode()
    assert '<option value="de" selected>Deutsch' in client.get(url).content.decode()
    wrong = client.post(url, {**facts, "phone": "12"})
    assert wrong.status_code == 422 and "is not a phone number" in wrong.content.decode()
    client.post(url, {"do": "correct", "stage": "lost", "attributes": "{}", "organization": "2"})
    client.post(url, {"do": "ask", "words": "I work at <b>Borg</b> now."})
    with acting_for(acme):
        ann.refresh_from_db()
        assert (ann.name, ann.phone, ann.locale, ann.stage) == ("Ann Adeyemi", "+441632960001", "de", "")
        assert AttributeChange.objects.filter(key=".name", source="my data").count() == 1
        waits = DataRequest.objects.open().get()
    queue = as_(mona).get("/o/acme/customers/requests/").content.decode()
    assert "I work at &lt;b&gt;Borg&lt;/b&gt; now." in queue and "a correction" in queue
    decide = f"/o/acme/customers/requests/{waits.pk}/outcome/"
    as_(mona).post(decide, {"outcome": "refused"})
    with acting_for(acme):
        assert DataRequest.objects.get(pk=waits.pk).state == "open", "a refusal needs its reason"
    as_(mona).post(decide, {"outcome": "done", "reply": "It is Borg from today."})
    assert "It is Borg from today." in client.get(url).content.decode()
    with acting_for(acme):
        waits.refresh_from_db()
        assert (waits.state, waits.decided_by) == ("done", mona.user)
        assert AuditEntry.objects.get(subject_type="segments.datarequest").details["did"] == "request done"


@pytest.mark.row("B6", "correct")
def test_another_address_holds_once_whoever_reads_it_said_so(
    acme: Organization, ann: Customer, url: str, client: Any
) -> None:
    assert client.post(url, {"do": "address", "email": "nonsense"}).status_code == 422
    told = client.post(url, {"do": "address", "email": "ann@new.example"}).content.decode()
    assert "We wrote to ann@new.example" in told
    with acting_for(acme):
        asked = DataRequest.objects.get(kind="address")
        mail = Message.objects.get(origin_kind="my data")
        assert mail.address == "ann@new.example"
        link = f"/e/{tokens.derive(my_data.NEW_ADDRESS, acme.pk, asked.pk, mail.facts['generation'])}"
    client.get(link)
    with acting_for(acme):
        ann.refresh_from_db()
        assert ann.email == "family@okafor.example", "a mail scanner confirms nothing"
    assert client.get(link.replace("/e/", "/d/")).status_code == 404
    assert "writes to ann@new.example" in client.post(link).content.decode()
    client.post(link)
    with acting_for(acme):
        ann.refresh_from_db()
        assert (ann.email, ann.email_lower) == ("ann@new.example", "ann@new.example")
        told_old = Message.objects.get(address="family@okafor.example")
        assert told_old.message_class == "service"
        assert Customer.objects.filter(email="family@okafor.example").count() == 1, "the twin keeps theirs"


@pytest.mark.row("B6", "export")
def test_a_customer_takes_everything_along_as_tables_and_for_programs(
    acme: Organization, ann: Customer, url: str, client: Any, api: Any
) -> None:
    answer = client.post(url, {"copy": "json"})
    assert answer["Content-Disposition"] == 'attachment; filename="my-data.json"'
    told = json.loads(answer.content)
    assert {one["what"]: (one["value"], one["source"]) for one in told["facts"]}["Plan"] == (
        "=1+1",
        "import:4",
    )
    assert [(one["score"], one["words"]) for one in told["answers"]] == [(3, "It creaks.")]
    assert told["held"]["segments.CustomerEvent"] and "Zed" not in answer.content.decode()
    archive = zipfile.ZipFile(io.BytesIO(client.post(url, {"copy": "zip"}).content))
    everything = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    assert any("'=1+1" in text for text in everything.values()), "no cell is a formula"
    assert not any(re.search(r"(^|,)=", text, re.MULTILINE) for text in everything.values())
    with acting_for(acme):
        assert DataRequest.objects.filter(kind="export", state="done").count() == 2
    for _ in range(my_data.COPIES_AN_HOUR):
        last = client.post(url, {"copy": "json"})
    assert last.status_code == 429
    shown = api(acme, "customers:read").get("/api/v1/customers").json()["items"][-1]
    assert shown["name"] == "Ann Okafor"
    copied = api(acme, "customers:read").get(f"/api/v1/customers/{shown['id']}/data").json()
    assert copied["answers"][0]["words"] == "It creaks."


@pytest.mark.row("B6", "delete")
def test_a_customer_is_erased_after_a_week_in_which_it_can_be_taken_back(
    acme: Organization, ann: Customer, url: str, client: Any
) -> None:
    assert client.post(url, {"do": "erase"}).status_code == 422
    client.get(url + "?do=erase&sure=yes")
    with acting_for(acme):
        assert not DataRequest.objects.exists()
    for _ in range(2):
        told = client.post(url, {"do": "erase", "sure": "yes"}).content.decode()
    assert "You asked to be erased." in told and "Keep my data" in told
    with acting_for(acme):
        assert DataRequest.objects.get(kind="erase").state == "scheduled"
        assert contacting.may_contact(ann, "email", "surveys").reason == "suppressed"
    assert "Nothing will be erased." in client.post(url, {"do": "keep"}).content.decode()
    later = timezone.now() + verbs.GRACE + timedelta(minutes=1)
    assert verbs.due(acme, later) == 0
    client.post(url, {"do": "ask", "words": "canary words"})
    client.post(url, {"do": "address", "email": "canary@okafor.example"})
    client.post(url, {"do": "erase", "sure": "yes"})
    assert verbs.due(acme, timezone.now()) == 0, "not before its time"
    assert verbs.due(acme, later) == 1
    assert client.get(url).status_code == 404
    with acting_for(acme):
        assert not Customer.objects.filter(pk=ann.pk).exists()
        assert not CustomerEvent.objects.filter(customer_id=ann.pk).exists()
        kept = DataRequest.objects.filter(customer_id=ann.pk).order_by("pk")
        assert [(one.kind, one.state) for one in kept] == [
            ("erase", "withdrawn"),
            ("correct", "open"),
            ("address", "unconfirmed"),
            ("erase", "done"),
        ]
        assert "canary" not in str([(one.asked, one.reply) for one in kept])
        assert Response.objects.get().score == 3, "the score stays in the totals"
        triggers.customer_erased(News.objects.get(name="customer.erased"))
        assert not Message.objects.filter(address="canary@okafor.example").exists()


@pytest.mark.row("B6", "answering without being profiled")
def test_an_answer_counts_and_sorts_its_giver_into_nothing(
    acme: Organization, ann: Customer, url: str, client: Any
) -> None:
    from segments import catalog, compiling
    from segments.rules import read_rule

    def in_a_segment() -> bool:
        words = catalog.vocabulary()
        rules = [
            {"field": "score", "operator": "at_most", "value": 6},
            {"field": "category", "operator": "is", "value": "detractor"},
            {"field": "comment", "operator": "contains", "value": "creaks"},
            {"field": "event_count", "event": "survey.answered", "property": "score", "operator": "at_least",
             "value": 1},
        ]  # fmt: skip
        return compiling.found_by(read_rule({"any": rules}, words), words=words).filter(pk=ann.pk).exists()

    with acting_for(acme):
        for news in News.objects.filter(name="response.completed"):
            listening.note_on_timeline(news)
        assert in_a_segment()
    choices = f"/c/{tokens.derive('choices', acme.pk, ann.pk)}"
    assert "Do not profile me" in client.get(choices).content.decode()
    assert "sort you into no group" in client.post(choices, {"profiling": "no"}).content.decode()
    with acting_for(acme):
        assert not in_a_segment()
        survey = published("Second")
        for score in (2, 1):
            respond(
                InvitationFactory(distribution=DistributionFactory(survey=survey), customer=ann),
                score,
                "creaks",
            )
        for news in News.objects.filter(name="response.completed"):
            listening.note_on_timeline(news)
        ann.refresh_from_db()
        assert (ann.last_score, ann.answer_count, in_a_segment()) == (None, 0, False)
        assert Response.objects.filter(customer=ann, score__isnull=False).count() == 3, (
            "they count, and are theirs"
        )
        said = Consent.objects.get(customer=ann, purpose="profiling")
        assert (said.allowed, said.channel, said.source) == (False, "any", "my data")
    client.post(url, {"do": "profiling", "profiling": "yes"})
    with acting_for(acme):
        listening.profile_again(News.objects.filter(name="consent.changed").latest("pk"))
        listening.profile_again(News.objects.filter(name="consent.changed").latest("pk"))
        ann.refresh_from_db()
        assert (ann.last_score, ann.previous_score, ann.answer_count) == (1, 2, 3)
        assert in_a_segment()


def test_nobody_is_written_to_by_the_category_of_an_answer_that_profiles_nobody(
    acme: Organization, ann: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outreach import following_up
    from outreach.models import Case

    followed: list[int] = []
    monkeypatch.setattr(following_up, "follow_up", lambda response: followed.append(response.pk))
    with acting_for(acme):
        consenting.refuse(ann, "any", "profiling", source="test")
        triggers.response_completed(News.objects.get(name="response.completed"))
        assert followed == []
        assert Case.objects.filter(customer=ann).exists(), "a person answers somebody who is unhappy"
        consenting.allow(ann, "any", "profiling", source="test")
        triggers.response_completed(News.objects.get(name="response.completed"))
        assert len(followed) == 1
        assert FollowUp.objects.count() == 0


def test_a_merge_keeps_the_wish_not_to_be_profiled_and_its_way_back_undoes_that(
    acme: Organization, ann: Customer
) -> None:
    with acting_for(acme):
        twin = Customer.objects.get(name="Zed Twin")
        consenting.refuse(twin, "any", "profiling", source="test")
        done = merging.merge(ann, twin, by=system_actor(acme))
        ann.refresh_from_db()
        assert (ann.unprofiled_at is not None, ann.last_score) == (True, None)
        unmerging.undo(done, by=system_actor(acme))
        ann.refresh_from_db()
        assert (ann.unprofiled_at, ann.last_score) == (None, 3)


def test_programs_and_members_see_the_same_requests_each_in_their_branch(
    acme: Organization, ann: Customer, api: Any, agnes: Any, as_: Any, vera: Any
) -> None:
    with acting_for(acme):
        request = verbs.ask(ann, "My name is longer")
    reader, writer = api(acme, "customers:read"), api(acme, "customers:write", "customers:read")
    item = reader.get("/api/v1/data-requests").json()["items"][0]
    assert (item["kind"], item["state"], item["asked"]) == ("correct", "open", {"words": "My name is longer"})
    outcome = f"/api/v1/data-requests/{item['id']}/outcome"
    assert reader.post(outcome, {"outcome": "done"}).status_code == 403
    assert writer.post(outcome, {"outcome": "refused"}).status_code == 400
    assert (
        writer.post(outcome, {"outcome": "refused", "reply": "It is as in your passport."}).status_code == 200
    )
    assert writer.post(outcome, {"outcome": "done"}).status_code == 409
    assert as_(vera).get("/o/acme/customers/requests/").status_code == 403
    assert "My name" not in as_(agnes).get("/o/acme/customers/requests/").content.decode()
    with acting_for(acme), pytest.raises(verbs.NotDone):
        verbs.decide(request, done=True, reply="", by=member_actor(agnes))
    erased = api(acme, "customers:erase").post(f"/api/v1/customers/{item['customer']}/erasure")
    assert erased.status_code == 204
    with acting_for(acme):
        assert not Customer.objects.filter(pk=ann.pk).exists()
    assert reader.get("/api/v1/data-requests").json()["items"][0]["asked"] == {}

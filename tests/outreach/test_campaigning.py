"""Campaigns: who would get it, the minute of grace, the account of everybody, stop and retry."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.tenancy.context import acting_for
from outreach import campaigning, outcomes, sending
from outreach.campaigning import CampaignError
from outreach.models import Campaign, Message, Outcome, SendKey, Template
from segments.contacting import note_contact, suppress
from segments.models import Customer
from tests.factories.segments import ConsentFactory, CustomerFactory, SegmentFactory

NOON = dt.datetime(2026, 11, 18, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def template(in_acme) -> Template:
    return Template.objects.create(
        name="Autumn guide",
        message_class="marketing",
        subject={"en": "Caring for wood, {{ customer.first_name | default: 'there' }}", "de": "Holzpflege"},
        body={"en": "Dear {{ customer.first_name | default: 'customer' }}.", "de": "Hallo."},
    )


@pytest.fixture
def people(in_acme) -> dict[str, Customer]:
    """Lea and Mei may be written to; Jonas said stop; Rui allowed nothing; Hugo has no address."""
    named = {
        name: CustomerFactory(name=name.title(), email=f"{name}@people.example")
        for name in ("lea", "mei", "jonas", "rui")
    }
    named["hugo"] = CustomerFactory(name="Hugo", email="")
    for name in ("lea", "mei", "jonas", "hugo"):
        ConsentFactory(customer=named[name])
    suppress("jonas@people.example", reason="unsubscribed", purpose="marketing")
    return named


@pytest.fixture
def campaign(template, people) -> Campaign:
    return Campaign.objects.create(name="Autumn guide", template=template, segment=SegmentFactory(name="All"))


@pytest.fixture
def by(mona, actor_of):
    return actor_of(mona)


def settle(campaign: Campaign, **outcomes_of: tuple[str, str]) -> None:
    """What the engine would write: name -> (outcome, reason)."""
    for name, (outcome, reason) in outcomes_of.items():
        row = SendKey.objects.filter(
            origin_kind="campaign", origin_id=campaign.pk, customer__name=name.title()
        ).last()
        Message.objects.filter(pk=row.pk).delete()
        SendKey.objects.filter(pk=row.pk).update(outcome=outcome, reason=reason, settled_at=NOON)


@pytest.mark.row("C9", 'the answer to "why did Ann (not) get this?"')
def test_the_review_counts_who_gets_it_and_who_not_by_the_judgement_of_the_claim(campaign):
    review = campaigning.review(campaign, NOON)
    assert (review.people, review.now) == (5, 2)
    assert review.refused == {"suppressed": 1, "no_consent": 1, "no_address": 1}
    night = campaigning.review(campaign, NOON.replace(hour=3))
    assert (night.now, night.waiting) == (0, {"quiet_hours": 2})


@pytest.mark.row("F2", "edit or cancel within 60 s of launch")
def test_a_launch_can_be_taken_back_whole_within_a_minute_and_not_after(campaign, by):
    campaigning.launch(campaign, by=by, at=NOON)
    assert campaigning.due_work(NOON + dt.timedelta(seconds=59)) > NOON and not SendKey.objects.exists()
    campaign.refresh_from_db()
    campaigning.take_back(campaign, by=by, at=NOON + dt.timedelta(seconds=59))
    campaign.refresh_from_db()
    assert campaign.is_draft
    campaigning.launch(campaign, by=by, at=NOON)
    campaigning.due_work(NOON + dt.timedelta(seconds=61))
    campaign.refresh_from_db()
    with pytest.raises(CampaignError):
        campaigning.take_back(campaign, by=by, at=NOON + dt.timedelta(seconds=61))


@pytest.mark.row("F2", "now")
def test_everybody_of_the_segment_gets_one_row_and_nobody_two(campaign, by, people):
    campaigning.launch(campaign, by=by, at=NOON)
    later = NOON + dt.timedelta(minutes=2)
    for _again in range(4):
        campaigning.due_work(later, budget=2)
    campaign.refresh_from_db()
    assert campaign.chosen_upto is None and campaign.audience == 5
    assert SendKey.objects.count() == Message.objects.count() == 5
    campaign.chosen_upto = 0
    campaign.save()
    campaigning.choose(campaign, at=later)
    assert SendKey.objects.count() == 5


@pytest.mark.row("F2", "scheduled")
def test_a_scheduled_campaign_starts_at_its_hour(campaign, by):
    hour = NOON + dt.timedelta(hours=5)
    campaigning.launch(campaign, by=by, when=hour, at=NOON)
    assert campaigning.due_work(NOON) == hour
    assert campaigning.due_work(hour) == hour
    campaign.refresh_from_db()
    assert (campaign.state, campaign.launched_at) == ("sending", hour)


def test_the_words_are_those_of_the_launch_in_each_one_s_language(campaign, by, template, people):
    lea = people["lea"]
    lea.locale = "de-AT"
    lea.save()
    campaigning.launch(campaign, by=by, at=NOON)
    template.subject = {"en": "Changed", "de": "Geändert"}
    template.save()
    campaigning.due_work(NOON + dt.timedelta(minutes=2))
    from outreach.models import Wording

    subjects = {
        message.customer_id: Wording.objects.get(pk=message.wording_id).subject
        for message in Message.objects.all()
    }
    assert subjects[lea.pk] == "Holzpflege"
    assert subjects[people["mei"].pk].startswith("Caring for wood")


@pytest.mark.row("F2", "progress and per-person outcome with the reason of every skip")
def test_the_account_adds_up_and_every_skip_has_its_reason(campaign, by, people, mona):
    campaigning.launch(campaign, by=by, at=NOON)
    before = campaigning.progress(Campaign.objects.get())
    assert (before.total, before.counts["waiting"]) == (5, 5)
    campaigning.due_work(NOON + dt.timedelta(minutes=2))
    settle(
        campaign,
        lea=("accepted", ""),
        jonas=("skipped", "suppressed"),
        rui=("skipped", "no_consent"),
        hugo=("failed", "mailbox full"),
    )
    campaign.refresh_from_db()
    progress = campaigning.progress(campaign)
    assert progress.counts == {"sent": 1, "waiting": 1, "skipped": 2, "failed": 1, "unknown": 0}
    assert sum(progress.counts.values()) == progress.total == 5
    assert sum(count for _reason, count in progress.reasons) == 2
    lines = {line.name: line for line in outcomes.told(outcomes.people(campaign, by))}
    assert lines["Rui"].words == "No consent for this by e-mail"
    assert lines["Hugo"].group == "failed"
    assert outcomes.why(campaign, by, "jonas@people.example")[0].startswith(
        "Jonas: Skipped. The address may not"
    )
    late = CustomerFactory(name="Latecomer", email="late@people.example")
    assert "was not chosen" in outcomes.why(campaign, by, late.email)[0]
    table = list(outcomes.table(campaign, by))
    assert len(table) == 6 and table[0][0] == "Customer"


def test_a_campaign_is_finished_when_every_message_is_settled(campaign, by):
    campaigning.launch(campaign, by=by, at=NOON)
    later = NOON + dt.timedelta(minutes=2)
    campaigning.due_work(later)
    campaigning.due_work(later)
    campaign.refresh_from_db()
    assert campaign.state == "sending"
    sending.withdraw("campaign", campaign.pk, reason="stopped")
    campaigning.due_work(later)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.ended_at) == ("finished", later)


def test_pausing_holds_and_stopping_spares_the_rest_also_those_not_yet_chosen(campaign, by, people):
    campaigning.launch(campaign, by=by, at=NOON)
    later = NOON + dt.timedelta(minutes=2)
    campaigning.due_work(later, budget=2)
    campaign.refresh_from_db()
    campaigning.pause(campaign, by=by)
    assert set(Message.objects.values_list("state", flat=True)) == {"paused"}
    campaign.refresh_from_db()
    campaigning.resume(campaign, by=by)
    assert set(Message.objects.values_list("state", flat=True)) == {"queued"}
    campaign.refresh_from_db()
    settle(campaign, lea=("accepted", ""))
    spared = campaigning.stop(campaign, by=by, at=later)
    campaign.refresh_from_db()
    progress = campaigning.progress(campaign)
    assert spared == 4 and progress.counts["skipped"] == 4 and progress.counts["sent"] == 1
    assert campaign.state == "stopped" and not Message.objects.exists()


def test_failures_are_retried_alone(campaign, by, people):
    campaigning.launch(campaign, by=by, at=NOON)
    later = NOON + dt.timedelta(minutes=2)
    campaigning.due_work(later)
    sent = dict.fromkeys(("lea", "mei", "jonas", "rui"), ("accepted", ""))
    settle(campaign, **sent, hugo=("failed", "mailbox full"))
    campaigning.due_work(later)
    campaign.refresh_from_db()
    assert campaign.state == "finished"
    assert campaigning.retry_failures(campaign, by=by, at=later) == 1
    campaign.refresh_from_db()
    progress = campaigning.progress(campaign)
    assert progress.total == 5 and progress.counts["waiting"] == 1 and progress.counts["failed"] == 0
    assert Message.objects.get().customer_id == people["hugo"].pk


def test_a_broken_template_or_an_unproved_sender_keeps_it_from_being_launched(campaign, by, template):
    from outreach.models import Sender

    campaign.sender = Sender.objects.create(name="Acme", address="hello@acme.example")
    campaign.save()
    with pytest.raises(CampaignError, match="not verified"):
        campaigning.launch(campaign, by=by)
    campaign.sender = None
    campaign.save()
    template.body = {"en": "Dear {{ customer.first_name"}
    template.save()
    with pytest.raises(CampaignError):
        campaigning.launch(Campaign.objects.get(), by=by)
    assert Campaign.objects.get().is_draft


def test_contacts_of_others_make_one_wait_with_the_day_on_which_one_is_free(campaign, people, in_acme):
    in_acme.cap_count = 1
    in_acme.save()
    note_contact(people["lea"].pk, channel="email", purpose="surveys", at=NOON - dt.timedelta(days=1))
    review = campaigning.review(campaign, NOON)
    assert review.waiting == {"cap": 1} and review.now == 1


class TestPages:
    @pytest.fixture
    def draft(self, acme, mona):
        with acting_for(acme):
            template = Template.objects.create(
                name="Thanks",
                subject={"en": "Thanks"},
                body={"en": "Thank you."},
                message_class="relationship",
            )
            for name in ("Lea", "Mei"):
                CustomerFactory(name=name, email=f"{name.lower()}@people.example")
            return SegmentFactory(name="Everybody"), template

    def test_from_a_draft_over_the_review_to_the_launch_and_back(self, draft, as_, mona, acme):
        segment, template = draft
        browser, base = as_(mona), f"/o/{acme.slug}/campaigns/"
        made = browser.post(
            f"{base}new/",
            {"name": "Thank-you", "segment": segment.pk, "template": template.pk, "revision": 0},
        )
        assert made.status_code == 302
        review = browser.get(made["Location"])
        assert "Launch for 2 people" in review.content.decode()
        launched = browser.post(made["Location"], {"when": "now"})
        assert launched.status_code == 302
        page = browser.get(launched["Location"]).content.decode()
        assert "Take it back" in page and "Nothing has gone out yet." in page
        back = browser.post(f"{launched['Location']}launch/undo/")
        assert back.status_code == 302
        with acting_for(acme):
            assert Campaign.objects.get().is_draft

    def test_a_stale_save_is_told_and_keeps_what_was_typed(self, draft, as_, mona, adam, acme):
        segment, template = draft
        with acting_for(acme):
            campaign = Campaign.objects.create(name="Old", segment=segment, template=template)
        typed = {"name": "Mine", "segment": segment.pk, "template": template.pk, "revision": 1}
        url = f"/o/{acme.slug}/campaigns/{campaign.pk}/edit/"
        assert as_(adam).post(url, {**typed, "name": "Adam's"}).status_code == 302
        page = as_(mona).post(url, typed)
        assert page.status_code == 409
        assert "Adam Berg changed this in the meantime." in page.content.decode()
        assert 'value="Mine"' in page.content.decode()

    def test_a_time_that_has_passed_is_refused_beside_the_field(self, draft, as_, mona, acme):
        segment, template = draft
        with acting_for(acme):
            campaign = Campaign.objects.create(name="Late", segment=segment, template=template)
        page = as_(mona).post(
            f"/o/{acme.slug}/campaigns/{campaign.pk}/review/", {"when": "later", "at": "2020-01-01T10:00"}
        )
        assert page.status_code == 422 and "This time has passed." in page.content.decode()

    def test_the_file_of_outcomes_names_everybody_with_their_reason(self, draft, as_, mona, acme, actor_of):
        segment, template = draft
        with acting_for(acme):
            evil = Customer.objects.get(name="Lea")
            evil.name = "=HYPERLINK(1)"
            evil.save()
            campaign = Campaign.objects.create(name="All", segment=segment, template=template)
            campaigning.launch(campaign, by=actor_of(mona), at=timezone.now() - dt.timedelta(minutes=5))
            campaigning.due_work()
        answer = as_(mona).get(f"/o/{acme.slug}/campaigns/{campaign.pk}/outcomes.csv")
        lines = b"".join(answer.streaming_content).decode().splitlines()
        assert len(lines) == 3 and any(line.startswith("'=HYPERLINK") for line in lines)

    def test_empty_states_say_what_is_needed(self, as_, mona, acme):
        page = as_(mona).get(f"/o/{acme.slug}/campaigns/").content.decode()
        assert "No campaigns yet" in page and "It needs a segment and a template first." in page

    def test_an_agent_sees_no_campaigns(self, as_, agnes, acme):
        assert as_(agnes).get(f"/o/{acme.slug}/campaigns/").status_code == 403


def test_outcomes_are_each_in_exactly_one_group():
    gathered = [name for names in campaigning.GROUPS.values() for name in names]
    assert sorted(gathered) == sorted(Outcome.values)

"""Who is asked and who not: the preview is the launch, every no has a reason, a launch survives a break."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts import tokens
from accounts.models import News
from accounts.tenancy.context import acting_for
from segments import contacting
from segments.models import Customer, Segment
from surveys import distributing, inviting, mailing
from surveys.inviting import NotLaunchable
from surveys.models import Distribution, Invitation
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import InvitationFactory, draft, published, respond, system

pytestmark = pytest.mark.usefixtures("in_acme")
NOON = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def everybody(in_acme) -> Segment:
    return Segment.objects.create(name="Everybody", rule={"all": []})


@pytest.fixture
def people(in_acme) -> list[Customer]:
    """Ann may be asked; Ben said stop; Cleo has no address; Dan was asked last week."""
    ann = CustomerFactory(name="Ann", email="ann@okafor.example")
    ben = CustomerFactory(name="Ben", email="ben@stop.example")
    cleo = CustomerFactory(name="Cleo", email="")
    dan = CustomerFactory(name="Dan", email="dan@asked.example")
    contacting.suppress(ben.email, reason="unsubscribed", at=NOON - dt.timedelta(days=2))
    contacting.note_contact(
        dan.pk, channel="email", purpose="surveys", at=NOON - dt.timedelta(days=7), subject="After purchase"
    )
    return [ann, ben, cleo, dan]


def distribution(segment: Segment, **facts) -> Distribution:
    survey = facts.pop("survey", None) or published()
    return Distribution.objects.create(name="Spring", survey=survey, segment=segment, **facts)


@pytest.mark.row("C8", '"who will be asked, who not and why" before launch equals who was asked')
def test_the_preview_is_what_the_launch_does(everybody, people):
    planned = distribution(everybody)
    seen = distributing.preview(planned, at=NOON)
    assert (seen.members, seen.asked) == (4, 1)
    assert seen.reasons == {"suppressed": 1, "no_address": 1, "survey_gap": 1}
    assert {each.customer.name for each in seen.examples if not each.reason} == {"Ann"}

    launched = distributing.launch(planned, by=system(), at=NOON)
    assert launched.state == Distribution.State.RUNNING
    outcome = {each.customer.name: (each.outcome, each.reason) for each in launched.invitations.all()}
    assert outcome == {
        "Ann": ("waiting", ""),
        "Ben": ("skipped", "suppressed"),
        "Cleo": ("skipped", "no_address"),
        "Dan": ("skipped", "survey_gap"),
    }
    progress = distributing.progress(launched)
    assert (progress.members, progress.asked) == (seen.members, seen.asked)
    assert progress.skipped == seen.reasons


def test_at_night_people_are_asked_too_for_the_mail_waits(everybody, people):
    night = dt.datetime(2026, 3, 4, 2, 0, tzinfo=dt.UTC)
    assert distributing.preview(distribution(everybody), at=night).asked == 1


@pytest.mark.row("C8", "one-off to a segment")
def test_a_launch_tells_outreach_once_and_seals_the_links(everybody, people):
    launched = distributing.launch(distribution(everybody), by=system(), at=NOON)
    told = News.objects.get(name="distribution.launched")
    assert (told.subject_id, told.facts["asked"]) == (launched.pk, 1)
    invitation = launched.invitations.waiting().get()
    assert invitation.expires_at == NOON + dt.timedelta(days=30)
    assert bytes(invitation.token_hash) == inviting.token_hash(invitation.organization_id, invitation.pk, 1)
    claim = tokens.read("survey", inviting.token(invitation))
    assert claim.object_id == invitation.pk
    with pytest.raises(NotLaunchable, match="wrong_state"):
        distributing.launch(launched, by=system())


@pytest.mark.row("C8", "sampling %")
def test_a_sample_is_the_same_people_in_preview_and_launch(everybody):
    for number in range(60):
        CustomerFactory(email=f"c{number}@customers.example")
    planned = distribution(everybody, sampling_percent=30)
    seen = distributing.preview(planned, at=NOON)
    assert 5 <= seen.asked <= 35
    launched = distributing.launch(planned, by=system(), at=NOON)
    assert launched.invitations.waiting().count() == seen.asked
    assert launched.invitations.filter(reason="not_sampled").count() == 60 - seen.asked


def test_a_large_launch_goes_on_where_it_was_interrupted(in_acme, everybody, monkeypatch):
    monkeypatch.setattr(distributing, "BATCH", 4)
    monkeypatch.setattr(distributing, "AT_ONCE", 4)
    for number in range(18):
        CustomerFactory(email=f"c{number}@customers.example")
    launched = distributing.launch(distribution(everybody), by=system(), at=NOON)
    assert launched.state == Distribution.State.LAUNCHING
    assert launched.invitations.count() == 8
    assert not News.objects.filter(name="distribution.launched").exists()
    turns = 0
    while Distribution.objects.get(pk=launched.pk).state == Distribution.State.LAUNCHING:
        distributing.due(in_acme, timezone.now())
        turns += 1
        assert turns < 10
    assert launched.invitations.count() == 18
    assert News.objects.filter(name="distribution.launched").count() == 1


def test_a_scheduled_launch_happens_at_its_time(in_acme, everybody, people):
    planned = distribution(everybody)
    when = timezone.now() + dt.timedelta(days=2)
    distributing.schedule(planned, by=system(), when=when)
    assert distributing.due(in_acme, when - dt.timedelta(seconds=1)) == 0
    assert not Invitation.objects.exists()
    assert distributing.due(in_acme, when) == 1
    planned.refresh_from_db()
    assert planned.state == Distribution.State.RUNNING
    assert distributing.due(in_acme, when + dt.timedelta(hours=1)) == 0


def test_a_scheduled_launch_can_be_taken_back(in_acme, everybody):
    planned = distribution(everybody)
    when = timezone.now() + dt.timedelta(days=2)
    distributing.schedule(planned, by=system(), when=when)
    distributing.unschedule(planned, by=system())
    assert distributing.due(in_acme, when) == 0


def test_nothing_is_scheduled_into_the_past(everybody):
    with pytest.raises(NotLaunchable, match="in_the_past"):
        distributing.schedule(
            distribution(everybody), by=system(), when=timezone.now() - dt.timedelta(hours=1)
        )


@pytest.mark.row("C8", "stop now")
def test_stop_spares_those_who_wait_and_says_so(everybody, people):
    CustomerFactory(email="eve@okafor.example")
    launched = distributing.launch(distribution(everybody), by=system(), at=NOON)
    first, _second = launched.invitations.waiting()
    distributing.note_receipt([first.pk], "sent", NOON)
    assert distributing.stop(launched, by=system()) == 1
    launched.refresh_from_db()
    assert launched.state == Distribution.State.STOPPED
    assert distributing.progress(launched).skipped["stopped"] == 1
    assert News.objects.filter(name="distribution.stopped").count() == 1
    # Who has the link may still answer.
    respond(first, 9, at=NOON + dt.timedelta(hours=2))


def test_an_unpublished_survey_or_a_missing_segment_is_refused(everybody):
    with pytest.raises(NotLaunchable, match="no_version"):
        distributing.launch(distribution(everybody, survey=draft()), by=system())
    with pytest.raises(NotLaunchable, match="no_segment"):
        distributing.launch(distribution(None), by=system())


def test_receipts_are_written_onto_the_invitation():
    one, two, three = InvitationFactory.create_batch(3, outcome="waiting", sent_at=None)
    distributing.note_receipt([one.pk, two.pk], "sent", NOON)
    distributing.note_receipt([one.pk], "delivered", NOON + dt.timedelta(minutes=1))
    distributing.note_receipt([two.pk], "bounced", NOON, reason="mailbox full")
    distributing.note_receipt([three.pk], "skipped", NOON, reason="suppressed")
    for each in (one, two, three):
        each.refresh_from_db()
    assert (one.outcome, one.sent_at, one.delivered_at) == ("sent", NOON, NOON + dt.timedelta(minutes=1))
    assert (two.outcome, two.reason) == ("failed", "mailbox full")
    assert (three.outcome, three.reason) == ("skipped", "suppressed")


def test_who_has_answered_was_reached_whatever_a_late_receipt_says():
    invitation = InvitationFactory(customer=CustomerFactory())
    respond(invitation, 9)
    distributing.note_receipt([invitation.pk], "bounced", NOON)
    invitation.refresh_from_db()
    assert invitation.outcome == "sent"


def test_one_link_can_be_made_for_one_person_more_than_once(in_acme):
    survey = published()
    ann = CustomerFactory(name="Ann")
    first = inviting.invite(survey, by=system(), customer=ann, touchpoint="support chat")
    second = inviting.invite(survey, by=system(), customer=ann, touchpoint="support chat")
    assert first.pk != second.pk
    assert first.distribution_id == second.distribution_id
    assert first.distribution.touchpoint == "support chat"
    assert inviting.link(first).endswith("/s/" + inviting.token(first))
    assert respond(first, 10).channel == "link"


def test_a_test_send_is_of_mode_test_and_told_to_outreach(everybody, alice, actor_of):
    planned = distribution(everybody)
    invitation = inviting.try_out(planned, by=actor_of(alice))
    assert invitation.mode == "test"
    assert News.objects.get(name="invitation.tried").facts == {
        "distribution": planned.pk,
        "user": alice.user_id,
    }
    assert distributing.progress(planned).members == 0


@pytest.mark.row("C4", "e-mail with the eleven scores embedded")
def test_the_mail_has_eleven_links_that_only_choose(everybody):
    planned = distribution(
        everybody,
        subject={"en": 'How did we do, {{ customer.first_name | default: "there" }}?'},
        intro={"en": "The blue lamp <came>.\n\nOne tap is enough:"},
    )
    mail = mailing.content(planned)
    assert mail.subject == 'How did we do, {{ customer.first_name | default: "there" }}?'
    for score in range(11):
        assert f'href="{{{{ survey_link }}}}?score={score}"' in mail.html
        assert f"{{{{ survey_link }}}}?score={score}" in mail.text
    assert "The blue lamp &lt;came&gt;." in mail.html
    assert "{{ unsubscribe_link }}" in mail.html
    assert "{{ unsubscribe_link }}" in mail.text
    assert "<script" not in mail.html
    assert "<img" not in mail.html


def test_a_stranger_cannot_launch(everybody, vera, actor_of):
    from accounts.acting import NotAllowed

    with pytest.raises(NotAllowed):
        distributing.launch(distribution(everybody), by=actor_of(vera))


def test_an_organization_launches_only_its_own(globex, everybody, in_acme):
    planned = distribution(everybody)
    distributing.schedule(planned, by=system(), when=timezone.now() + dt.timedelta(days=1))
    with acting_for(globex):
        assert distributing.due(globex, timezone.now() + dt.timedelta(days=3)) == 0

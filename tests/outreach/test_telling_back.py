"""You said, we did: to those who raised what was improved, and to nobody else."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts import opaque
from accounts.tenancy.context import acting_for
from outreach import campaigning, telling_back
from outreach.models import Campaign, Sender, SendKey
from outreach.telling_back import NothingToTell
from segments.models import SegmentMember
from surveys import hearing, improving, raising
from surveys.models import Improvement, Response
from tests.factories.segments import SegmentFactory
from tests.factories.surveys import published, system
from tests.surveys.test_themes import many, theme

pytestmark = pytest.mark.django_db
DONE = dt.date(2026, 5, 1)
QUEUE, PRAISE, OTHER = ("The queue at the till", 3), ("Nice counter", 9), ("A fine shop", 10)


@pytest.fixture
def raised(acme, acme_units):
    """Of eight people seven spoke of the queue at Leeds before it was mended; one of them at Dover, one praised the
    counter, one complained again, one does not want to be profiled, one said so only since."""
    with acting_for(acme):
        survey, waiting = published(), theme("Waiting", ("-queue", "+counter"))
        made = many(survey, [QUEUE, QUEUE, QUEUE, QUEUE, QUEUE, PRAISE, QUEUE, OTHER])
        people = [each.customer for each in made]
        before, since = (
            dt.datetime.combine(DONE + dt.timedelta(days=days), dt.time(12), dt.UTC) for days in (-20, 20)
        )
        keys = [each.pk for each in made]
        Response.objects.filter(pk__in=keys).update(answered_at=before, unit=acme_units.leeds)
        Response.objects.filter(pk=keys[2]).update(unit=acme_units.dover)
        again = many(survey, [QUEUE])
        Response.objects.filter(pk=again[0].pk).update(
            customer=people[3], answered_at=since, unit=acme_units.leeds
        )
        type(people[4]).objects.filter(pk=people[4].pk).update(unprofiled_at=timezone.now())
        Response.objects.filter(pk=keys[6]).update(answered_at=since)
        hearing.settle()
        improvement = improving.plan(
            name="A second queue",
            theme=waiting,
            units=[acme_units.north],
            state="done",
            done_on=DONE,
            note="A second till opens at four. {{ secret }}",
            by=system(),
        )
        return improvement, people


class TestWhoRaisedIt:
    def test_who_spoke_of_it_before_where_it_was_done(self, acme, raised):
        improvement, people = raised
        with acting_for(acme):
            assert set(raising.raised_by(improvement, system())) == set(people[:2])
            improving.change(
                improvement,
                **{name: getattr(improvement, name) for name in improving.FACTS},
                units=[],
                segments=[],
                revision=1,
                by=system(),
            )
            assert set(raising.raised_by(improvement, system())) == set(people[:3])
            few = SegmentFactory(static=True)
            SegmentMember.objects.create(segment=few, customer=people[1])
            improving.change(
                improvement,
                **{name: getattr(improvement, name) for name in improving.FACTS},
                units=[],
                segments=[few],
                revision=2,
                by=system(),
            )
            assert list(raising.raised_by(improvement, system())) == [people[1]]

    def test_without_theme_day_or_words_nobody_is_told_and_it_says_why(self, acme, raised, mona, as_):
        improvement, _people = raised
        for change, words in (
            ({"note": ""}, "Write what customers are told first."),
            ({"state": "working"}, "It can be told once it is done."),
            ({"theme": None}, "nobody is known to have raised it"),
        ):
            with acting_for(acme):
                Improvement.objects.filter(pk=improvement.pk).update(**change)
                with pytest.raises(NothingToTell, match=words):
                    telling_back.prepare(improvement, by=system())
            assert words in as_(mona).get(f"/o/{acme.slug}/improvements/{improvement.pk}/").content.decode()


class TestTelling:
    @pytest.mark.row("D4", '"you said, we did" to those who raised it')
    def test_a_manager_mails_those_who_raised_it_once(self, acme, raised, mona, agnes, as_):
        improvement, people = raised
        with acting_for(acme):
            Sender.objects.create(
                name="Acme", address="hello@acme.example", is_default=True, verified_at=timezone.now()
            )
        client, address = as_(mona), f"/o/{acme.slug}/improvements/{improvement.pk}/"
        page = client.get(address).content.decode()
        assert "2 people spoke of it before, and were not told yet." in page
        assert "You said, we did" not in as_(agnes).get(address).content.decode()
        assert as_(agnes).post(f"{address}note/").status_code == 403
        review = client.post(f"{address}note/", follow=True).content.decode()
        assert "You said, we did: A second queue" in review
        with acting_for(acme):
            (campaign,) = Campaign.objects.filter(improvement=improvement)
            body = campaign.template.body["en"]
            assert "you told us about “Waiting”" in body and "A second till opens at four." in body
            assert "{{ secret" not in body, "what is typed as words is no merge field"
            assert campaigning.not_ready(campaign) == []
            assert campaigning.review(campaign).people == 2
        client.post(f"{address}note/")
        with acting_for(acme):
            assert Campaign.objects.filter(improvement=improvement).count() == 1, "the draft that waits"
            campaigning.launch(campaign, by=system())
            assert telling_back.people(improvement, system()).count() == 0, "those on its list are told"
            later = timezone.now() + dt.timedelta(minutes=2)
            campaigning.due_work(later)
            got = SendKey.objects.filter(origin_kind="campaign", origin_id=campaign.pk)
            assert set(got.values_list("customer_id", flat=True)) == {each.pk for each in people[:2]}
            Campaign.objects.filter(pk=campaign.pk).update(state="finished")
            with pytest.raises(NothingToTell, match="left to be told"):
                telling_back.prepare(improvement, by=system())
            SendKey.objects.filter(customer=people[0]).update(outcome="skipped", reason="quiet")
            assert list(telling_back.people(improvement, system())) == [people[0]]

    def test_a_program_prepares_it_too(self, acme, raised, api):
        improvement, _people = raised
        shown = opaque.encode("improvement", improvement.pk)
        made = api(acme).post(f"/api/v1/improvements/{shown}/note")
        assert made.status_code == 201 and made.json()["state"] == "draft"
        assert api(acme, "reports:write").post(f"/api/v1/improvements/{shown}/note").status_code == 403
        with acting_for(acme):
            Improvement.objects.filter(pk=improvement.pk).update(state="working")
            Campaign.objects.all().delete()
        answer = api(acme).post(f"/api/v1/improvements/{shown}/note")
        assert answer.status_code == 422 and "once it is done" in answer.content.decode()

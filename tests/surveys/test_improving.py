"""Improvements: planned from what people say, ranked by real counts, told to the team, their effect measured."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts import opaque
from accounts.acting import member_actor
from accounts.models.editable import Stale
from accounts.models.news import News
from accounts.tenancy.context import acting_for
from outreach import triggers
from outreach.models import Alert, Message
from segments.models import SegmentMember
from surveys import comparing_units, hearing, improving, naming_themes, prioritising
from surveys.comparing_units import Said
from surveys.filtering import Filter
from surveys.improving import BadImprovement
from surveys.models import Briefing, Improvement, Response
from surveys.nps import Counts
from surveys.prioritising import Basis, Reached
from tests.cast import Branches
from tests.factories.accounts import UnitFactory, member
from tests.factories.segments import CustomerFactory, SegmentFactory
from tests.factories.surveys import published, system
from tests.surveys.test_themes import many, theme

pytestmark = pytest.mark.django_db


@pytest.fixture
def queues(acme, acme_units):
    """40 detractors at Leeds speak of the queue, and 20 at Dover; 80 promoters elsewhere of something else."""
    with acting_for(acme):
        survey = published()
        waiting = theme()
        made = many(survey, [("The queue at the till", 3)] * 60 + [("A fine shop", 10)] * 80)
        keys = sorted(each.pk for each in made)
        Response.objects.filter(pk__in=keys[:40]).update(unit=acme_units.leeds)
        Response.objects.filter(pk__in=keys[40:60]).update(unit=acme_units.dover)
        hearing.settle()
        return waiting


def planned(**facts):
    return improving.plan(**{"name": "A second queue", "by": system(), **facts})


def everything(acme):
    return Filter.read({"period": "all"}, acme)


class TestPlanning:
    @pytest.mark.row(
        "D11",
        "pain point or strength -> action (process, staff training, quality control, technology, stock)",
    )
    @pytest.mark.row("D11", "owner")
    @pytest.mark.row("D11", "due date")
    @pytest.mark.row("D11", "units or segments touched")
    def test_a_pain_point_of_the_board_becomes_an_improvement(self, acme, queues, acme_units, mona, as_):
        client = as_(mona)
        with acting_for(acme):
            queues.board = "pain"
            queues.save()
            gold = SegmentFactory(name="Gold")
        board = client.get(f"/o/{acme.slug}/themes/board/").content.decode()
        shown = opaque.encode("theme", queues.pk)
        address = f"/o/{acme.slug}/improvements/new/?theme={shown}"
        assert address in board
        form = client.get(address).content.decode()
        for action in ("Process", "Staff training", "Quality control", "Technology", "Stock"):
            assert f">{action}</option>" in form
        assert 'value="Waiting"' in form
        given = {
            "name": "A second queue",
            "side": "pain",
            "theme": queues.pk,
            "action": "training",
            "owner": mona.pk,
            "due_on": "2026-01-31",
            "state": "planned",
            "units": [acme_units.leeds.pk],
            "segments": [gold.pk],
            "confidence": "high",
            "effort": "4",
            "briefing": "Open it at four.",
        }
        answer = client.post(f"/o/{acme.slug}/improvements/new/", given)
        assert answer.status_code == 302
        page = client.get(answer["Location"]).content.decode()
        for told in ("Staff training", "Mona Lund", "Leeds", "Gold", "31 January 2026", "Overdue", "Waiting"):
            assert told in page
        assert "A second queue" in client.get(f"/o/{acme.slug}/themes/board/").content.decode()
        assert "Overdue" in client.get(f"/o/{acme.slug}/improvements/?show=overdue").content.decode()
        assert "A second queue" in client.get(f"/o/{acme.slug}/improvements/?show=mine").content.decode()

    def test_a_group_that_differs_becomes_one_too(self, acme, acme_units, mona, as_):
        client = as_(mona)
        with acting_for(acme):
            survey = published()
            made = many(survey, [("slow", 2)] * 40 + [("good", 10)] * 60)
            keys = sorted(each.pk for each in made)
            Response.objects.filter(pk__in=keys[:40]).update(unit=acme_units.leeds)
            Response.objects.filter(pk__in=keys[40:]).update(unit=acme_units.dover)
        page = client.get(f"/o/{acme.slug}/differences/?period=all").content.decode()
        address = next(
            part.split('"')[0].replace("&amp;", "&")
            for part in page.split('href="')
            if "/improvements/new/?fact=unit" in part.split('"')[0]
        )
        form = client.get(address).content.decode()
        assert "It is about the group “Unit: " in form
        with acting_for(acme):
            made = planned(fact="unit", value="Leeds")
            (found,) = prioritising.priorities([made], everything(acme), system())
            assert (found.reached, found.reach) == (Reached.GROUP, 40)
            assert found.impact.basis is Basis.REAL and found.impact.value < -100

    def test_done_needs_its_day_and_two_saves_are_told(self, acme, mona, as_):
        with acting_for(acme):
            with pytest.raises(BadImprovement, match="since which day"):
                planned(state="done")
            made = planned(change="More tills")
            facts = {name: getattr(made, name) for name in improving.FACTS} | {"units": [], "segments": []}
            improving.change(made, **{**facts, "effort": 2}, revision=1, by=system())
            with pytest.raises(Stale):
                improving.change(made, **facts, revision=1, by=system())
        client, address = as_(mona), f"/o/{acme.slug}/improvements/{made.pk}/edit/"
        given = {"name": "Mine", "side": "pain", "action": "stock", "state": "planned", "confidence": "low",
                 "effort": "3", "revision": "1"}  # fmt: skip
        answer = client.post(address, given)
        page = answer.content.decode()
        assert answer.status_code == 409 and "Your text is still here" in page and 'value="Mine"' in page
        assert client.post(address, {**given, "revision": "2"}).status_code == 302
        assert client.post(address, {**given, "revision": "3", "state": "done"}).status_code == 422
        history = client.get(f"/o/{acme.slug}/improvements/{made.pk}/").content.decode()
        assert "Mona Lund changed the improvement Mine" in history

    def test_what_was_put_away_comes_back(self, acme, mona, vera, as_):
        with acting_for(acme):
            made = planned()
        client = as_(mona)
        assert as_(vera).post(f"/o/{acme.slug}/improvements/{made.pk}/deletion/").status_code == 403
        page = client.post(f"/o/{acme.slug}/improvements/{made.pk}/deletion/", follow=True).content.decode()
        assert "No improvement is planned yet." in page
        undo = page.split("/improvements/deletions/")[1].split('"')[0]
        client.post(f"/o/{acme.slug}/improvements/deletions/{undo}")
        assert client.get(f"/o/{acme.slug}/improvements/{made.pk}/").status_code == 200

    def test_a_branch_sees_what_touches_it_or_everybody(self, acme, acme_units, agnes, bert, as_):
        with acting_for(acme):
            leeds, stores = planned(units=[acme_units.leeds]), planned(units=[acme_units.root])
            all_of_us = planned()
        for who, sees in ((agnes, (True, True, True)), (bert, (False, True, True))):
            codes = [
                as_(who).get(f"/o/{acme.slug}/improvements/{each.pk}/").status_code
                for each in (leeds, stores, all_of_us)
            ]
            assert [code == 200 for code in codes] == list(sees)

    def test_a_program_does_the_same(self, acme, acme_units, queues, api):
        client = api(acme)
        leeds = opaque.encode("unit", acme_units.leeds.pk)
        made = client.post(
            "/api/v1/improvements", {"name": "A second queue", "units": [leeds], "effort": 2}
        ).json()
        assert (made["units"], made["state"], made["revision"]) == ([leeds], "planned", 1)
        address = f"/api/v1/improvements/{made['id']}"
        assert client.patch(address, {"state": "done", "revision": 1}).status_code == 400
        changed = client.patch(address, {"theme": opaque.encode("theme", queues.pk), "revision": 1}).json()
        assert changed["revision"] == 2 and changed["units"] == [leeds]
        assert client.patch(address, {"name": "x", "revision": 1}).status_code == 409
        (row,) = client.get("/api/v1/improvements/priorities?period=all").json()["improvements"]
        assert (row["reach"], row["reached"], row["impact"]["basis"]) == (40, "speak", "real")
        assert client.get(f"{address}/effect").json()["said"] == "not_done"
        assert client.post(f"{address}/briefings").status_code == 400
        assert client.get(f"{address}/briefings").json() == {"told": 0, "acknowledged": 0, "items": []}
        assert client.delete(address).status_code == 204
        assert client.get(address).status_code == 404
        assert api(acme, "reports:read").post("/api/v1/improvements", {"name": "x"}).status_code == 403


class TestPriority:
    @pytest.mark.row("D11", "prioritised by reach")
    @pytest.mark.row("D11", "impact")
    @pytest.mark.row("D11", "confidence")
    @pytest.mark.row("D11", "effort with reach from real counts")
    def test_reach_is_counted_and_the_product_ranks(self, acme, queues, acme_units, vera, as_):
        with acting_for(acme):
            everywhere = planned(theme=queues, effort=10, confidence="high")
            at_leeds = planned(theme=queues, effort=2, confidence="high", units=[acme_units.north])
            guessed = planned(
                name="Guessed", effort=1, confidence="high", expected=30, units=[acme_units.dover]
            )
            empty = planned(name="Nothing said")
            rows = [everywhere, at_leeds, guessed, empty]
            found = {
                each.improvement: each for each in prioritising.priorities(rows, everything(acme), system())
            }
            assert list(found) == [at_leeds, everywhere, guessed, empty]
            assert [found[each].reach for each in rows] == [60, 40, 20, None]
            points = found[everywhere].impact.points
            assert found[everywhere].impact.basis is Basis.REAL and points > 150
            assert found[at_leeds].score == pytest.approx(40 * points * 1.0 / 2)
            assert found[guessed].impact.basis is Basis.EXPECTED
            assert found[guessed].confidence == "low" and found[guessed].score == pytest.approx(20 * 30 * 0.5)
            assert found[empty].score is None and found[empty].reached is Reached.NOBODY
        page = as_(vera).get(f"/o/{acme.slug}/improvements/?period=all").content.decode()
        assert "60 people" in page and ">40 people" not in page, "a part of a whole stays hidden"

    def test_a_merged_theme_takes_its_improvements_along(self, acme, queues):
        with acting_for(acme):
            made = planned(theme=queues)
            other = theme("Tills", ("till",))
            naming_themes.merge(other, queues, by=system())
            assert Improvement.objects.get(pk=made.pk).theme == other

    def test_the_other_way_round_has_no_place(self, acme, queues):
        with acting_for(acme):
            (found,) = prioritising.priorities(
                [planned(theme=queues, side="strength")], everything(acme), system()
            )
            assert found.impact.basis is Basis.OTHER_WAY and found.score is None

    def test_segments_reach_their_customers(self, acme):
        with acting_for(acme):
            gold = SegmentFactory(name="Gold", static=True)
            people = [CustomerFactory() for _turn in range(3)]
            for each in people:
                SegmentMember.objects.create(segment=gold, customer=each)
            (found,) = prioritising.priorities([planned(segments=[gold])], everything(acme), system())
            assert (found.reached, found.reach) == (Reached.SEGMENTS, 3)


class TestTelling:
    @pytest.mark.row("D11", "frontline told and acknowledges")
    def test_the_touched_units_hear_of_it_and_say_that_they_know(
        self, acme, acme_units, mona, agnes, bert, vera, as_
    ):
        with acting_for(acme):
            made = planned(units=[acme_units.leeds], briefing="Open the second till at four.")
        client, address = as_(mona), f"/o/{acme.slug}/improvements/{made.pk}/"
        page = client.get(address).content.decode()
        assert "Nobody was told yet." in page
        client.post(f"{address}briefing/")
        with acting_for(acme):
            told = {each.membership for each in Briefing.objects.filter(improvement=made)}
            assert told == {agnes, vera}, "of the North, and of those in no unit who work in all"
            (news,) = News.objects.filter(name="improvement.told")
            for _twice in range(2):
                triggers.improvement_told(news)
            (alert,) = Alert.objects.filter(kind="improvement")
            assert alert.membership == agnes and alert.mailed
            addresses = set(
                Message.objects.of("briefing", *Briefing.objects.values_list("pk", flat=True)).values_list(
                    "address", flat=True
                )
            )
            assert addresses == {"agnes@acme.example", "vera@acme.example"}
        assert "Open the second till" in as_(agnes).get(f"/o/{acme.slug}/alerts/").content.decode()
        assert "Open the second till" in as_(agnes).get(f"/o/{acme.slug}/improvements/").content.decode()
        as_(agnes).post(f"{address}acknowledgement/")
        page = client.get(address).content.decode()
        assert "1 of 2 told say that they know" in page and "knows since" in page and "told on" in page
        assert as_(bert).post(f"{address}acknowledgement/").status_code == 404

    def test_the_same_words_once_and_other_words_anew(self, acme, acme_units, agnes):
        with acting_for(acme):
            agnes.notifications = {"improvements": False}
            agnes.save()
            made = planned(units=[acme_units.leeds], briefing="One")
            assert improving.tell(made, by=system()) == 1
            assert improving.tell(made, by=system()) == 0
            assert improving.acknowledge(made, by=member_actor(agnes))
            late = member(acme, "Lena Late", "agent", acme_units.leeds)
            assert improving.tell(made, by=system()) == 1, "who joined since"
            Improvement.objects.filter(pk=made.pk).update(briefing="Two")
            assert improving.tell(made, by=system()) == 2
            mine = Briefing.objects.get(improvement=made, membership=agnes)
            assert (mine.words, mine.times, mine.acknowledged_at) == ("Two", 2, None)
            triggers.improvement_told(News.objects.filter(name="improvement.told").latest("pk"))
            assert Alert.objects.filter(membership=agnes).count() == 1
            assert set(Message.objects.values_list("address", flat=True)) == {late.user.email}, (
                "her own switch"
            )

    def test_without_words_or_people_nobody_is_told(self, acme, acme_units, agnes):
        with acting_for(acme):
            with pytest.raises(BadImprovement, match="write what the team"):
                improving.tell(planned(units=[acme_units.leeds]), by=system())
            with pytest.raises(BadImprovement, match="no member belongs"):
                improving.tell(planned(units=[acme_units.dover], briefing="x"), by=system())

    def test_who_leaves_hands_over_what_was_theirs(self, acme, alice, mona):
        with acting_for(acme):
            made, done = planned(owner=mona), planned(owner=mona, state="dropped")
            assert improving.owned(mona) == 1
            assert improving.hand_on(mona, alice, by=system()) == 1
            assert Improvement.objects.get(pk=made.pk).owner == alice
            assert Improvement.objects.get(pk=done.pk).owner == mona


TODAY = dt.date(2026, 6, 1)
DONE = dt.date(2026, 3, 1)


def windows(survey, units, *, lift=0, done=DONE):
    """Of each unit 60 answers of as many people before `done` and 60 after it; 5 more are happy then. The first
    unit gains `lift` more."""
    (first,) = many(survey, [("", 9)])
    rows = []
    for place, unit in enumerate(units):
        for after in (False, True):
            happy = 25 + (5 + (lift if place == 0 else 0) if after else 0)
            at = dt.datetime.combine(done, dt.time(12), dt.UTC) + dt.timedelta(days=10 if after else -10)
            rows += [
                Response(
                    survey=survey, version_id=first.version_id, score=10 if number < happy else 3, unit=unit,
                    mode=first.mode, state=first.state, channel="api", answered_at=at, completed_at=at,
                )
                for number in range(60)
            ]  # fmt: skip
    Response.objects.filter(pk=first.pk).delete()
    Response.objects.bulk_create(rows)


class TestEffect:
    @pytest.fixture
    def stores(self, acme):
        with acting_for(acme):
            return [UnitFactory(name=f"Store {number}") for number in range(6)]

    def found(self, acme, improvement, *, by=None, **more):
        return comparing_units.effect(
            improvement, Filter.read({"period": "all"}, acme), by or system(), today=TODAY, **more
        )

    @pytest.mark.row("D11", "effect against comparable untouched units (difference in differences, interval)")
    def test_what_all_units_gained_is_no_effect(self, acme, stores, mona, as_):
        with acting_for(acme):
            survey = published()
            windows(survey, stores, lift=20)
            made = planned(units=[stores[0]], state="done", done_on=DONE)
            found = self.found(acme, made)
            assert found.said is Said.REAL and found.days == 90
            assert found.touched_before.counts == Counts(35, 0, 25)
            assert found.touched_after.counts == Counts(10, 0, 50)
            assert found.untouched_before.counts == Counts(175, 0, 125)
            # 60 answers, of which 20 more are promoters and 20 fewer detractors: 40 of 63 adjusted.
            assert found.value == pytest.approx(100 * 40 / 63)
            assert 0 < found.low < found.value < found.high
            assert found.untouched_change == pytest.approx(100 * 10 / 63)
            nothing = planned(units=[stores[1]], state="done", done_on=DONE)
            Improvement.objects.filter(pk=made.pk).update(done_on=DONE - dt.timedelta(days=400))
            assert self.found(acme, nothing).said is Said.UNKNOWN
        page = as_(mona).get(f"/o/{acme.slug}/improvements/{made.pk}/effect/").content.decode()
        assert "How to read it" in page

    def test_units_that_another_improvement_touches_are_no_yardstick(self, acme, stores):
        with acting_for(acme):
            windows(published(), stores)
            made = planned(units=[stores[0]], state="done", done_on=DONE)
            other = planned(name="Other", units=[stores[0], stores[5]], state="done", done_on=DONE)
            found = self.found(acme, made)
            assert {row.unit for row in found.rows} == set(stores[:5])
            assert found.others == [other]
            improving.put_away(other, by=system())
            assert {row.unit for row in self.found(acme, made).rows} == set(stores)

    def test_why_there_is_none_is_said(self, acme, acme_units: Branches, stores, agnes, vera, mona, as_):
        with acting_for(acme):
            survey = published()
            done = {"state": "done", "done_on": DONE}
            assert self.found(acme, planned(units=[stores[0]])).said is Said.NOT_DONE
            assert self.found(acme, planned(**done)).said is Said.NO_UNITS
            early = planned(units=[stores[0]], state="done", done_on=TODAY - dt.timedelta(days=13))
            assert self.found(acme, early).said is Said.EARLY
            made = planned(units=[stores[0]], **done)
            assert self.found(acme, made).said is Said.FEW
            windows(survey, stores[:1])
            assert self.found(acme, made).said is Said.ALONE
            windows(survey, stores[1:3])
            assert self.found(acme, made).said is Said.UNKNOWN
            assert self.found(acme, made, by=member_actor(agnes)).said is Said.BRANCH
            assert self.found(acme, made, by=member_actor(vera)).said is Said.UNKNOWN
            acme.privacy_threshold = 61
            acme.save()
            hidden = self.found(acme, made, by=member_actor(vera))
            assert hidden.said is Said.HIDDEN and hidden.rows == [] and hidden.twice is None
            everyone = planned(units=stores, **done)
            assert self.found(acme, everyone).said is Said.ALONE
            fresh = planned(units=[stores[0]], state="done", done_on=timezone.localdate())
        page = as_(mona).get(f"/o/{acme.slug}/improvements/{fresh.pk}/effect/").content.decode()
        assert "it is too early" in page

    def test_units_that_ran_apart_before_are_said_to(self, acme, stores):
        with acting_for(acme):
            survey = published()
            for _twice in range(2):
                windows(survey, stores, lift=30, done=DONE - dt.timedelta(days=90))
            windows(survey, stores)
            found = self.found(acme, planned(units=[stores[0]], state="done", done_on=DONE))
            assert found.said is Said.REAL and found.value < 0, "it fell back to the others"
            assert found.ran_apart and found.earlier_value > 0
            alike = self.found(acme, planned(units=[stores[1]], state="done", done_on=DONE))
            assert not alike.ran_apart


def test_nobody_elsewhere_learns_of_it(acme, cyd, as_):
    with acting_for(acme):
        made = planned()
    assert as_(cyd).get(f"/o/{acme.slug}/improvements/{made.pk}/").status_code == 404

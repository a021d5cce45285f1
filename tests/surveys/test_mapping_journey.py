"""The journey: touchpoints in the business's order, with volume, score and drop-off; page, file and REST alike."""

import csv
import datetime as dt
import io

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, Stale
from accounts.tenancy.context import acting_for
from surveys import hearing, mapping_journey, naming_themes, nps, ordering_touchpoints, weighing_themes
from surveys.filtering import Filter
from surveys.models import Distribution, Invitation, Response
from surveys.nps import Counts
from surveys.ordering_touchpoints import NotOrdered
from tests.factories.segments import CustomerFactory
from tests.factories.surveys import DistributionFactory, InvitationFactory, published, respond, system

ORDER = ["purchase", "delivery", "support chat"]


def days_ago(days):
    return timezone.now() - dt.timedelta(days=days)


def at(response, days):
    Response.objects.filter(pk=response.pk).update(answered_at=days_ago(days))


@pytest.fixture
def walked(acme):
    """Ten buy 90 days ago and six of them answer; four are asked again after the delivery, one writes in a chat."""
    with acting_for(acme):
        survey = published(touchpoint="")
        asked = {
            touchpoint: DistributionFactory(survey=survey, touchpoint=touchpoint)
            for touchpoint in ("purchase", "delivery")
        }
        people = [CustomerFactory() for _turn in range(10)]
        for place, person in enumerate(people):
            invitation = InvitationFactory(customer=person, distribution=asked["purchase"], expires_at=None)
            Invitation.objects.filter(pk=invitation.pk).update(issued_at=days_ago(90))
            if place < 6:
                at(respond(invitation, 10 if place < 4 else 3, "Slow" if place == 5 else ""), 89)
                Invitation.objects.filter(pk=invitation.pk).update(started_at=days_ago(89))
        for person in people[:4]:
            invitation = InvitationFactory(customer=person, distribution=asked["delivery"], expires_at=None)
            Invitation.objects.filter(pk=invitation.pk).update(issued_at=days_ago(60))
        at(respond(None, 9, survey=survey, customer=people[9], touchpoint="support chat"), 50)
        at(respond(None, 9, survey=survey, customer=CustomerFactory(), touchpoint="purchase"), 5)
        respond(None, 8, survey=survey, customer=CustomerFactory())
        ordering_touchpoints.put_in_order(ORDER, expected=0, by=system())
        return people


def journey(organization, actor=None, **query):
    with acting_for(organization):
        return mapping_journey.journey(Filter.read(query, organization), actor or system())


@pytest.mark.django_db
class TestJourney:
    @pytest.mark.row("D12", "touchpoints in order with volume", "score and interval")
    def test_each_touchpoint_stands_in_its_place_with_its_numbers(self, acme, walked):
        found = journey(acme)
        assert [stop.touchpoint for stop in found.stops] == ORDER and found.without == 1
        purchase, delivery, chat = found.stops
        assert (purchase.rate.asked, purchase.rate.answered, purchase.answers) == (10, 6, 7)
        assert purchase.rate.low == nps.proportion(6, 10).low
        assert purchase.scored.counts == Counts(2, 0, 5) and purchase.comments == 1
        assert purchase.scored.low == nps.interval(Counts(2, 0, 5)).low * 100
        assert (delivery.rate.asked, delivery.answers, delivery.scored.score) == (4, 0, None)
        assert chat.rate is None and chat.scored.counts == Counts(0, 0, 1)

    @pytest.mark.row("D12", "drop-off")
    def test_dropped_off_is_who_was_at_no_later_touchpoint_since(self, acme, walked):
        purchase, delivery, chat = journey(acme).stops
        assert (purchase.dropped.n, purchase.dropped.left, purchase.dropped.early) == (10, 5, 1)
        assert purchase.dropped.low == nps.proportion(5, 10).low
        assert (delivery.dropped.n, delivery.dropped.left) == (4, 4)
        assert chat.last and chat.dropped is None

    def test_the_order_decides_what_is_later(self, acme, walked):
        with acting_for(acme):
            revision = ordering_touchpoints.order().revision
            ordering_touchpoints.put_in_order(ORDER[::-1], expected=revision, by=system())
        chat, delivery, purchase = journey(acme).stops
        assert (chat.dropped.n, chat.dropped.left) == (1, 1), "the purchase was before the chat"
        assert purchase.dropped is None and delivery.dropped.left == 4

    def test_who_was_there_before_the_period_went_on_in_it_is_not_counted_as_here(self, acme, walked):
        purchase, delivery, _chat = journey(acme, **{"from": days_ago(70).date().isoformat()}).stops
        assert (purchase.dropped.n, purchase.dropped.early, purchase.rate) == (0, 1, None)
        assert delivery.dropped.n == 4

    def test_a_member_of_a_branch_sees_its_people(self, acme, walked, agnes, actor_of):
        with acting_for(acme):
            respond(
                None,
                2,
                survey=published("North"),
                customer=CustomerFactory(unit=agnes.unit),
                touchpoint="visit",
            )
            actor = actor_of(agnes)
        found = {stop.touchpoint: stop for stop in journey(acme, actor).stops}
        assert found["visit"].answers == 1 and found["purchase"].answers == 0

    @pytest.mark.row("D12", "touchpoints in order with volume", "score and interval", "drop-off")
    def test_page_file_and_rest_say_the_same(self, acme, walked, alice, as_, api):
        told = api(acme, "reports:read", "responses:read").get("/api/v1/journey").json()
        assert [each["touchpoint"] for each in told["touchpoints"]] == ORDER
        first = told["touchpoints"][0]
        assert (first["drop_off"]["left"], first["response_rate"]["asked"], first["comments"]) == (5, 10, 1)
        client = as_(alice)
        text = client.get(reverse("report_export", args=[acme.slug, "journey"])).content.decode("utf-8-sig")
        row = next(csv.DictReader(io.StringIO(text)))
        assert (row["touchpoint"], row["asked"], row["here"], row["went_no_further"]) == (
            "purchase", "10", "10", "5",
        )  # fmt: skip
        page = client.get(f"/o/{acme.slug}/journey/").content.decode()
        assert "Drop-off: of the people who were at the touchpoint for the first time" in page
        assert "nobody by name" in page and "the last one" in page
        assert f"/o/{acme.slug}/answers/?touchpoint=purchase&amp;which=words" in page
        assert page.index(">purchase<") < page.index(">delivery<") < page.index(">support chat<")

    @pytest.mark.row("D12", "themes")
    def test_what_the_comments_at_a_touchpoint_speak_of_most(self, acme, alice, as_, api):
        with acting_for(acme):
            survey = published(touchpoint="")
            for name in ("Waiting", "Staff", "Price", "Parking"):
                naming_themes.make(name, {"en": [f"-{name.lower()}"]}, by=system())
            again = CustomerFactory()
            told = [
                ("delivery", "waiting and price", again), ("delivery", "waiting, staff, price", again),
                ("delivery", "waiting", None), ("delivery", "no word of it", None), ("purchase", "parking", None),
                ("purchase", "", None),
            ]  # fmt: skip
            for touchpoint, text, person in told:
                respond(
                    None, 3, text, survey=survey, customer=person or CustomerFactory(), touchpoint=touchpoint
                )
        with acting_for(acme):
            hearing.settle()
        stops = {stop.touchpoint: stop for stop in journey(acme).stops}
        with acting_for(acme):
            for touchpoint, stop in stops.items():
                rows = weighing_themes.weighed(Filter.read({"touchpoint": touchpoint}, acme), system()).rows
                most = sorted((-row.n, row.theme.name) for row in rows if row.n)[:3]
                assert [(-topic.n, topic.theme.name) for topic in stop.topics] == most
        shown = [(topic.theme.name, topic.n, topic.tones.negative) for topic in stops["delivery"].topics]
        assert shown == [("Waiting", 2, 2), ("Price", 1, 1), ("Staff", 1, 1)]
        told = api(acme, "reports:read", "responses:read").get("/api/v1/journey").json()["touchpoints"]
        found = {each["touchpoint"]: [theme["name"] for theme in each["themes"]] for each in told}
        assert found["purchase"] == ["Parking"] and len(found["delivery"]) == 3
        page = as_(alice).get(f"/o/{acme.slug}/journey/").content.decode()
        assert "Spoken of most" in page and "2 complaints" in page and ">Parking<" in page
        text = as_(alice).get(reverse("report_export", args=[acme.slug, "journey"])).content
        assert "Waiting (2); Price (1); Staff (1)" in text.decode("utf-8-sig")

    def test_small_groups_hide_what_they_speak_of(self, acme, vera, actor_of):
        with acting_for(acme):
            survey = published(touchpoint="")
            naming_themes.make("Waiting", {"en": ["-waiting"]}, by=system())
            for touchpoint, many in (("delivery", 30), ("purchase", 2)):
                for place in range(many):
                    text = "waiting" if place < 12 else "no word of it"
                    respond(None, 3, text, survey=survey, customer=CustomerFactory(), touchpoint=touchpoint)
            actor = actor_of(vera)
        with acting_for(acme):
            hearing.settle()
        stops = {stop.touchpoint: stop for stop in journey(acme, actor).stops}
        with acting_for(acme):
            for touchpoint, stop in stops.items():
                themes = weighing_themes.weighed(Filter.read({"touchpoint": touchpoint}, acme), actor)
                assert bool(stop.topics) is any(row.n for row in themes.rows)
        assert stops["purchase"].topics == ()

    def test_without_touchpoints_the_page_says_what_to_do(self, acme, alice, as_):
        page = as_(alice).get(f"/o/{acme.slug}/journey/").content.decode()
        assert "No touchpoints yet." in page


@pytest.mark.django_db
class TestOrder:
    @pytest.mark.row("D12", "touchpoints in order with volume")
    def test_a_button_moves_a_touchpoint_and_keeps_the_filter(self, acme, walked, mona, as_):
        client, url = as_(mona), f"/o/{acme.slug}/journey/order/?period=90"
        sent = {"touchpoint": ORDER, "revision": 2, "move": "2:1"}
        answer = client.post(url, sent)
        assert answer.status_code == 302
        assert answer["Location"].startswith(f"/o/{acme.slug}/journey/?period=90&")
        assert answer["Location"].endswith("&moved=1")
        with acting_for(acme):
            assert list(ordering_touchpoints.order().touchpoints) == ["purchase", "support chat", "delivery"]
            assert AuditEntry.objects.filter(action="journey.order").count() == 2
        page = client.get(answer["Location"]).content.decode()
        assert page.count("autofocus") == 1 and "The order was changed." in page

    def test_who_saw_an_older_order_changes_nothing(self, acme, walked, mona, as_):
        client, url = as_(mona), f"/o/{acme.slug}/journey/order/"
        client.post(url, {"touchpoint": ORDER[::-1], "revision": 2})
        late = client.post(url, {"touchpoint": ORDER, "revision": 2}, follow=True)
        assert "changed this in the meantime" in late.content.decode()
        with acting_for(acme):
            assert list(ordering_touchpoints.order().touchpoints) == ORDER[::-1]
            with pytest.raises(Stale):
                ordering_touchpoints.put_in_order(ORDER, expected=2, by=system())

    def test_a_new_touchpoint_stands_behind_those_in_order(self, acme, walked):
        with acting_for(acme):
            DistributionFactory(touchpoint="arrival")
            assert ordering_touchpoints.order().touchpoints == (*ORDER, "arrival")

    def test_an_anonymous_answer_and_a_test_tell_no_touchpoint(self, acme):
        with acting_for(acme):
            survey = published("How is it here", "employees", touchpoint="exit")
            respond(None, 3, survey=survey, touchpoint="exit")
            respond(None, 3, survey=published(), touchpoint="tried")
            Response.objects.filter(touchpoint="tried").update(mode="test")
            Distribution.objects.all().delete()
            assert ordering_touchpoints.order().touchpoints == ()

    @pytest.mark.parametrize("wrong", [[], ["a", "a"], ["a", " "], ["x" * 81], [f"t{n}" for n in range(41)]])
    def test_what_is_no_order_is_refused(self, acme, wrong):
        with acting_for(acme), pytest.raises(NotOrdered):
            ordering_touchpoints.put_in_order(wrong, expected=0, by=system())

    def test_a_program_puts_them_in_order(self, acme, walked, api):
        client = api(acme, "reports:read", "reports:write")
        body = {"revision": 2, "touchpoints": ["delivery", "purchase"]}
        told = client.put("/api/v1/journey/order", body, content_type="application/json").json()
        assert told["touchpoints"] == ["delivery", "purchase", "support chat"]
        late = client.put("/api/v1/journey/order", body, content_type="application/json")
        assert late.status_code == 409

    def test_those_who_may_not_order_have_no_buttons(self, acme, walked, vera, as_):
        client = as_(vera)
        page = client.get(f"/o/{acme.slug}/journey/").content.decode()
        assert "Earlier" not in page and 'draggable="true"' not in page
        assert client.post(f"/o/{acme.slug}/journey/order/", {"touchpoint": ORDER}).status_code == 403


@pytest.mark.django_db
@pytest.mark.row("D10", "alike on screen", "export", "API")
def test_small_touchpoints_are_hidden_alike(acme, vera, as_, api):
    with acting_for(acme):
        survey = published()
        for touchpoint, many in (("purchase", 40), ("delivery", 12), ("support chat", 3)):
            for place in range(many):
                respond(None, place % 11, survey=survey, customer=CustomerFactory(), touchpoint=touchpoint)
    told = api(acme, "reports:read").get("/api/v1/journey").json()["touchpoints"]
    shown = {each["touchpoint"]: each["scored"]["n"] for each in told}
    assert shown == {"purchase": 40, "delivery": None, "support chat": None}
    assert all(each["answers"] is None for each in told if each["scored"]["n"] is None)
    assert all(each["comments"] is None for each in told)
    client = as_(vera)
    text = client.get(reverse("report_export", args=[acme.slug, "journey"])).content.decode("utf-8-sig")
    assert {row["touchpoint"]: row["n"] for row in csv.DictReader(io.StringIO(text))} == {
        "purchase": "40", "delivery": "", "support chat": "",
    }  # fmt: skip
    page = client.get(f"/o/{acme.slug}/journey/").content.decode()
    assert page.count("to protect people") == 2 and "which=words" not in page

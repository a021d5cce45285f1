"""Features are declared of events: proposed from what came in, changed, put away and taken back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.tenancy.context import acting_for
from segments import declaring_features, suggesting_features
from segments.catalog import Asked
from segments.declaring_features import NotAFeature
from segments.models import Feature
from tests.factories.segments import CustomerEventFactory, CustomerFactory
from tests.factories.surveys import system

USED = {"name": "Automations", "event": "feature used", "property": "feature", "value": "automations"}


@pytest.fixture
def events(acme):
    with acting_for(acme):
        for place in range(4):
            customer = CustomerFactory()
            CustomerEventFactory(customer_id=customer.pk, name="order placed", amount=5, currency="EUR")
            CustomerEventFactory(customer_id=customer.pk, name="survey.answered")
            if place:
                properties = {"feature": "automations" if place > 1 else "reports", "device": "phone"}
                CustomerEventFactory(customer_id=customer.pk, name="feature used", properties=properties)
        CustomerEventFactory(customer_id=customer.pk, name="chat opened", properties={"device": "phone"})


@pytest.mark.django_db
class TestDeclaring:
    @pytest.mark.row("D13", "gave up which feature")
    def test_what_came_in_is_proposed_and_declared_by_one_press(self, acme, events, mona, as_):
        client, url = as_(mona), f"/o/{acme.slug}/settings/features/"
        page = client.get(url).content.decode()
        assert "No features are declared yet." in page
        assert "“feature used” with feature “automations”" in page and "“chat opened”" in page
        assert "order placed”" not in page.split("<main")[1].split("Declare a feature")[0].split("<table")[1]
        made = client.post(url, {**USED, "silent_days": 30})
        assert made.status_code == 302
        with acting_for(acme):
            assert Feature.objects.present().get().silent_days == 30
            assert AuditEntry.objects.filter(action="feature.edit").count() == 1
            found = suggesting_features.suggested(Asked.here())
        assert ("feature used", "automations") not in {(each.event, each.value) for each in found}

    def test_the_same_events_are_one_feature(self, acme):
        with acting_for(acme):
            made = declaring_features.declare(**USED, by=system())
            with pytest.raises(NotAFeature, match="Automations"):
                declaring_features.declare(**{**USED, "name": "Another"}, by=system())
            declaring_features.put_away(made, by=system())
            again = declaring_features.declare(**{**USED, "name": "Back"}, silent_days=7, by=system())
            assert (again.pk, again.name, again.silent_days, again.deleted_at) == (made.pk, "Back", 7, None)

    @pytest.mark.parametrize(
        "wrong", [{"name": " "}, {"event": ""}, {"property": ""}, {"silent_days": 0}, {"silent_days": 731}]
    )
    def test_what_cannot_be_is_refused_by_its_field(self, acme, wrong):
        with acting_for(acme), pytest.raises(NotAFeature) as refusal:
            declaring_features.declare(**{**USED, **wrong}, by=system())
        assert refusal.value.field == next(iter(wrong))

    def test_two_who_change_it_at_once_are_told(self, acme, mona, as_):
        with acting_for(acme):
            made = declaring_features.declare(**USED, by=system())
        client, url = as_(mona), f"/o/{acme.slug}/settings/features/{made.pk}/"
        given = {**USED, "silent_days": 10, "revision": 1}
        assert client.post(url, given).status_code == 302
        late = client.post(url, {**given, "silent_days": 20})
        assert late.status_code == 409 and "Your text is still here" in late.content.decode()
        with acting_for(acme):
            assert Feature.objects.get().silent_days == 10

    def test_it_can_be_put_away_and_taken_back(self, acme, mona, as_):
        with acting_for(acme):
            made = declaring_features.declare(**USED, by=system())
        client = as_(mona)
        client.post(f"/o/{acme.slug}/settings/features/{made.pk}/deletion/")
        with acting_for(acme):
            assert not Feature.objects.present().exists()
            from accounts.models import Deletion

            deletion = Deletion.objects.get()
        client.post(f"/o/{acme.slug}/settings/features/deletions/{deletion.pk}/undo/")
        with acting_for(acme):
            assert Feature.objects.present().exists()

    def test_those_who_may_not_declare_read_only(self, acme, events, vera, as_):
        client, url = as_(vera), f"/o/{acme.slug}/settings/features/"
        assert "declare features" in client.get(url).content.decode()
        assert client.post(url, {**USED, "silent_days": 30}).status_code == 403

    def test_a_program_does_the_same(self, acme, events, api):
        client = api(acme, "segments:read", "segments:write")
        proposed = client.get("/api/v1/features/suggested").json()["items"]
        assert proposed[0] == {**USED, "customers": 2}
        made = client.post("/api/v1/features", USED, content_type="application/json").json()
        assert made["silent_days"] == 30
        url = f"/api/v1/features/{made['id']}"
        changed = client.patch(url, {"silent_days": 90, "revision": 1}, content_type="application/json")
        assert changed.json()["silent_days"] == 90
        assert (
            client.patch(url, {"silent_days": 9, "revision": 1}, content_type="application/json").status_code
            == 409
        )
        refused = client.patch(url, {"property": ""}, content_type="application/json")
        assert refused.status_code == 400 and "property" in refused.content.decode()
        assert [each["id"] for each in client.get("/api/v1/features").json()["items"]] == [made["id"]]
        assert client.delete(url).status_code == 204 and client.get(url).status_code == 404

    def test_events_to_come_are_not_proposed(self, acme):
        with acting_for(acme):
            later = timezone.now() + timedelta(days=3)
            CustomerEventFactory(customer_id=CustomerFactory().pk, name="sent ahead", at=later)
            assert suggesting_features.suggested(Asked.here()) == []

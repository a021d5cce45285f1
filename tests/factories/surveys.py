"""Rows of surveys for tests. Everything here is made inside `acting_for(organization)`."""

from __future__ import annotations

import datetime as dt
from typing import Any

import factory
from django.utils import timezone

from accounts.acting import Actor, system_actor
from accounts.models import Organization
from accounts.tenancy.context import current_organization_id
from segments.models import Customer
from surveys import answering, reading, starting
from surveys.kinds import value_from_json
from surveys.models import Distribution, Invitation, Response, Survey, Version
from surveys.publishing import publish


def system() -> Actor:
    return system_actor(Organization.objects.get(pk=current_organization_id()))


def draft(name: str = "Relationship", template: str = "relationship", **facts: Any) -> Survey:
    """A draft from a template, its fields set as wanted."""
    survey = starting.start(name, by=system(), template_key=template)
    for key, value in facts.items():
        setattr(survey, key, value)
    if facts:
        survey.save()
    return survey


def published(name: str = "Relationship", template: str = "relationship", **facts: Any) -> Survey:
    """A survey whose first version is out."""
    survey = draft(name, template, **facts)
    publish(survey, by=system())
    survey.refresh_from_db()
    return survey


class DistributionFactory(factory.django.DjangoModelFactory):
    """A running distribution of a published survey, without a segment: invitations are made by hand."""

    class Meta:
        model = Distribution

    name = factory.Sequence(lambda number: f"Distribution {number}")
    survey = factory.LazyFunction(published)
    version = factory.LazyAttribute(lambda made: made.survey.version())
    state = Distribution.State.RUNNING
    anonymous = factory.LazyAttribute(lambda made: made.survey.anonymous)
    launched_at = factory.LazyFunction(timezone.now)
    mode = factory.LazyFunction(lambda: system().organization.mode)


class InvitationFactory(factory.django.DjangoModelFactory):
    """Somebody who was asked and got the mail."""

    class Meta:
        model = Invitation

    distribution = factory.SubFactory(DistributionFactory)
    mode = factory.SelfAttribute("distribution.mode")
    outcome = Invitation.Outcome.SENT
    sent_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyFunction(lambda: timezone.now() + dt.timedelta(days=30))
    unit_id = factory.LazyAttribute(lambda made: made.customer.unit_id if made.customer else None)
    customer = None


def respond(
    invitation: Invitation | None = None,
    score: int | None = 9,
    comment: str = "",
    *,
    survey: Survey | None = None,
    customer: Customer | None = None,
    at: dt.datetime | None = None,
    **more: Any,
) -> Response:
    """An answer as a person gives it: the score, and the words as the reason for it."""
    version: Version | None
    version = invitation.distribution.version if invitation else (survey or published()).version()
    assert version is not None
    definition = answering.definition_of(version)
    given: dict[str, Any] = dict(more.pop("answers", {}))
    if score is not None:
        given.setdefault("nps", score)
        if comment:
            given.setdefault(f"reason_{_category(score)}", comment)
    sheet = reading.read_with(
        definition, definition.questions, lambda asked: value_from_json(asked, given.get(asked.key))
    )
    assert not sheet.errors, sheet.errors
    accepted = answering.answer(
        sheet.values,
        version=version,
        invitation=invitation,
        customer_id=customer.pk if customer else None,
        source=more.pop("source", "invitation" if invitation else "api"),
        channel=more.pop("channel", "" if invitation else "api"),
        at=at,
        **more,
    )
    return Response.objects.get(pk=accepted.response_id)


def _category(score: int) -> str:
    return "promoter" if score >= 9 else "passive" if score >= 7 else "detractor"

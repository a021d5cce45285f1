"""Accepting answers: the only way in which a response comes to be or is changed by its respondent.

A first page is one statement: the invitation is used up, the response written, the customer's latest
facts moved on. Whatever does not fit that statement (a later page, a second sending, an invitation that
is closed) finds no invitation to use up and is decided under a lock.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils import timezone

from accounts import modes
from accounts.doorbells import hint, ring
from accounts.models import Organization
from accounts.news_catalog import NewsType, catalog
from accounts.recording import lane_of, record, will_wake
from accounts.tenancy import statements
from accounts.tenancy.context import acting_for, current_organization_id
from segments.models import Customer
from surveys import nps, reading
from surveys.definition import Definition
from surveys.kinds import Value
from surveys.models import Answer, Invitation, Response, ResponseEdit, Survey, Version

SETTLES_AFTER = dt.timedelta(minutes=30)


class Refused(Exception):
    """The answer is not accepted. `reason`: missing, expired, answered, not_asked, closed."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class Accepted:
    """What became of an answer. `next_page` is None when the survey is through."""

    response_id: int
    score: int | None
    created: bool
    changed: bool
    next_page: int | None = None

    @property
    def category(self) -> str:
        return "" if self.score is None else nps.category(self.score).value


def definition_of(version: Version) -> Definition:
    """The version's definition; versions are immutable, so it is read once per process."""
    return definition_by_id(version.organization_id, version.pk)


@lru_cache(maxsize=512)
def definition_by_id(organization_id: int, version_id: int) -> Definition:
    """The same by ids; also outside that organization's context."""
    with acting_for(organization_id):
        return Definition.read(Version.objects.get(pk=version_id).definition)


def answer(
    values: Mapping[str, Value],
    *,
    version: Version,
    invitation: Invitation | None = None,
    response_id: int | None = None,
    page: int | None = None,
    language: str = "",
    channel: str = "",
    source: str = Response.Source.INVITATION,
    touchpoint: str | None = None,
    mode: str = "",
    customer_id: int | None = None,
    distribution_id: int | None = None,
    external_id: str | None = None,
    at: dt.datetime | None = None,
) -> Accepted:
    """Take in the values of one page (0 is the first), or of the whole survey for page None.

    `values` were read by surveys.reading against this version. With an invitation everything else is
    known from it; without one (open link, API) the caller says whose answer it is, and continues an
    earlier page by `response_id`. Raises Refused. Needs the transaction that acting_for opens.
    """
    now = at or timezone.now()
    organization = Organization.objects.get(pk=current_organization_id())
    definition = definition_of(version)
    if not page and response_id is None:
        first = FirstPage(
            values,
            version_id=version.pk,
            survey_id=version.survey_id,
            page=page,
            invitation_id=invitation.pk if invitation else None,
            generation=invitation.generation if invitation else 1,
            language=language,
            channel=channel,
            source=str(source),
            touchpoint=touchpoint,
            mode=mode,
            customer_id=customer_id,
            distribution_id=distribution_id,
            external_id=external_id,
        )
        stored_at = day_of(organization, now) if definition.anonymous else now
        accepted = take_in(first, definition, organization.pk, now, stored_at)
        if accepted is not None:
            return accepted
    with transaction.atomic():
        return _change(
            organization,
            definition,
            values,
            invitation=invitation,
            response_id=response_id,
            page=page,
            now=now,
        )


def due(organization: Organization, now: dt.datetime) -> int:
    """Record `response.completed` for partial responses whose 30 minutes are over; how many there were."""
    settled = 0
    with acting_for(organization):
        waiting = (
            Response.objects.filter(settles_at__lte=now)
            .order_by("settles_at", "id")
            .select_for_update(skip_locked=True, of=("self",))
        )
        for response in waiting[:500]:
            response.settles_at = None
            response.save(update_fields=["settles_at"])
            _announce(organization, response, "response.completed")
            settled += 1
        left = Response.objects.exclude(settles_at=None).order_by("settles_at").first()
        if left is not None and left.settles_at is not None:
            ring(organization.pk, at=max(left.settles_at, now))
    return settled


def stored_values(response: Response) -> dict[str, Value]:
    """What a response says, by question key."""
    return {each.question: _value(each) for each in response.answers.all()}


@dataclass(frozen=True)
class FirstPage:
    """What was sent with the first page, or at once; see `answer`."""

    values: Mapping[str, Value]
    version_id: int
    survey_id: int
    page: int | None = None
    invitation_id: int | None = None
    generation: int = 1
    language: str = ""
    channel: str = ""
    source: str = Response.Source.INVITATION.value
    touchpoint: str | None = None
    mode: str = ""
    customer_id: int | None = None
    distribution_id: int | None = None
    external_id: str | None = None


# One statement: response, answers, the customer's latest facts, news, doorbell. The invitation is used up by
# its WHERE, so that two sendings at once make one response: the second waits for the row, finds it used, and
# goes the way of a change. Every parameter is cast, because the server prepares the statement. What counts in
# the house is accounts.modes.counting, said in SQL so that nothing has to be read before.
_TAKE_IN = """
WITH house AS (
  SELECT CASE WHEN kind = 'demo' THEN 'demo' ELSE 'live' END AS counting
  FROM accounts_organization WHERE id = %(organization)s::bigint AND deleted_at IS NULL
),
who AS ({who}),
customer AS (
  SELECT c.id, c.unit_id, c.stage, c.attributes FROM segments_customer c JOIN who
  ON c.organization_id = %(organization)s::bigint AND c.id = who.customer_id AND c.deleted_at IS NULL
),
response AS (
  INSERT INTO surveys_response (
    id, organization_id, survey_id, version_id, distribution_id, invitation_id, customer_id, anonymous, mode,
    source, channel, touchpoint, language, unit_id, stage, attributes, state, pages_sent, score, comment,
    started_at, answered_at, completed_at, settles_at, exclusion_reason, suspicion, external_id,
    created_at, changed)
  SELECT %(id)s::bigint, %(organization)s::bigint, %(survey)s::bigint, %(version)s::bigint, who.distribution_id,
    CASE WHEN %(anonymous)s::boolean THEN NULL ELSE who.invitation_id END,
    CASE WHEN %(anonymous)s::boolean THEN NULL ELSE customer.id END,
    %(anonymous)s::boolean, who.mode, %(source)s::text, who.channel, who.touchpoint, %(language)s::text,
    COALESCE(customer.unit_id, who.unit_id),
    CASE WHEN %(anonymous)s::boolean THEN '' ELSE COALESCE(customer.stage, '') END,
    CASE WHEN %(anonymous)s::boolean THEN '{{}}'::jsonb ELSE COALESCE(customer.attributes, '{{}}'::jsonb) END,
    %(state)s::text, 1, %(score)s::smallint, %(comment)s::text,
    %(stored_at)s::timestamptz, %(stored_at)s::timestamptz, %(completed_at)s::timestamptz,
    %(settles_at)s::timestamptz, '', '', %(external_id)s::text, %(stored_at)s::timestamptz, 0
  FROM who LEFT JOIN customer ON true
  RETURNING id, customer_id, mode, channel, touchpoint
),
answers AS (
  INSERT INTO surveys_answer (organization_id, response_id, question, kind, number, text, choices)
  SELECT %(organization)s::bigint, response.id, a.question, a.kind, a.number, a.text, a.choices
  FROM response, jsonb_to_recordset(%(answers)s::jsonb)
    AS a(question text, kind text, number smallint, text text, choices jsonb)
),
facts AS (
  UPDATE segments_customer c SET
    previous_score = c.last_score, previous_category = c.last_category,
    last_score = %(score)s::smallint, last_category = %(category)s::text,
    last_responded_at = %(stored_at)s::timestamptz, last_channel = response.channel,
    last_touchpoint = response.touchpoint, last_response_id = response.id,
    answer_count = c.answer_count + 1, updated_at = %(stored_at)s::timestamptz
  FROM response
  WHERE c.organization_id = %(organization)s::bigint AND c.id = response.customer_id
    AND %(score)s::smallint IS NOT NULL AND response.mode = (SELECT counting FROM house)
    AND (c.last_responded_at IS NULL OR c.last_responded_at <= %(stored_at)s::timestamptz)
    AND c.unprofiled_at IS NULL
),
news AS (
  INSERT INTO accounts_news (organization_id, recorded_at, name, version, subject_kind, subject_id, facts, at,
    lane, due_at, settled_at, attempts, told, fault)
  SELECT %(organization)s::bigint, %(clock)s::timestamptz, %(news)s::text, %(news_version)s::smallint, 'response',
    response.id,
    jsonb_strip_nulls(jsonb_build_object('survey', %(survey)s::bigint, 'customer', response.customer_id)),
    %(stored_at)s::timestamptz, %(lane)s::smallint, %(clock)s::timestamptz,
    CASE WHEN %(wakes)s::boolean THEN NULL ELSE %(clock)s::timestamptz END, 0, '[]'::jsonb, ''
  FROM response WHERE %(complete)s::boolean AND response.mode = (SELECT counting FROM house)
),
bell AS (
  INSERT INTO accounts_doorbell (organization_id, due_at)
  SELECT %(organization)s::bigint, COALESCE(%(settles_at)s::timestamptz, %(clock)s::timestamptz)
  FROM response
  WHERE response.mode = (SELECT counting FROM house) AND (%(wakes)s::boolean OR NOT %(complete)s::boolean)
)
SELECT id, mode = (SELECT counting FROM house) FROM response
"""

_WHO_INVITED = """
  UPDATE surveys_invitation i SET
    opened_at = COALESCE(i.opened_at, %(stored_at)s::timestamptz), started_at = %(stored_at)s::timestamptz,
    completed_at = CASE WHEN %(complete)s::boolean THEN %(stored_at)s::timestamptz END
  FROM house, surveys_distribution d
  JOIN surveys_survey s ON s.organization_id = %(organization)s::bigint AND s.id = d.survey_id
    AND s.deleted_at IS NULL AND s.state <> 'archived'
  WHERE i.organization_id = %(organization)s::bigint AND i.id = %(invitation)s::bigint AND i.started_at IS NULL
    AND i.generation = %(generation)s::smallint AND (i.outcome <> 'skipped' OR i.reason = 'stopped')
    AND (i.expires_at IS NULL OR i.expires_at > %(now)s::timestamptz)
    AND d.organization_id = %(organization)s::bigint AND d.id = i.distribution_id AND d.deleted_at IS NULL
    AND d.version_id = %(version)s::bigint
  RETURNING i.id AS invitation_id, i.distribution_id, i.customer_id, i.unit_id, i.mode,
    CASE WHEN %(channel)s::text <> '' THEN %(channel)s::text ELSE d.channel END AS channel,
    COALESCE(%(touchpoint)s::text, d.touchpoint) AS touchpoint
"""

_WHO_NAMED = """
  SELECT NULL::bigint AS invitation_id, %(distribution)s::bigint AS distribution_id,
    %(customer)s::bigint AS customer_id, NULL::bigint AS unit_id,
    COALESCE(NULLIF(%(mode)s::text, ''), house.counting) AS mode,
    %(channel)s::text AS channel, COALESCE(%(touchpoint)s::text, '') AS touchpoint
  FROM house
"""

TAKE_IN_INVITED = _TAKE_IN.format(who=_WHO_INVITED)
TAKE_IN_NAMED = _TAKE_IN.format(who=_WHO_NAMED)


def take_in(
    first: FirstPage,
    definition: Definition,
    organization_id: int,
    now: dt.datetime,
    stored_at: dt.datetime | None = None,
) -> Accepted | None:
    """Write a new response; None when the invitation cannot be used up any more, and nothing was written.

    Within `acting_for` this is a part of that transaction; outside, it is written for good when this returns.
    `stored_at` is the time that is kept: for an anonymous answer the beginning of the day.
    """
    following = None if first.page is None else reading.next_page(definition, first.page, first.values)
    parameters = _parameters(
        first, definition, organization_id, now, stored_at or now, complete=following is None
    )
    statement = TAKE_IN_NAMED if first.invitation_id is None else TAKE_IN_INVITED
    row = statements.first_row(statement, parameters, organization_id=organization_id)
    if row is None:
        return None
    response_id, counts = row
    if counts and parameters["wakes"] and parameters["complete"]:
        transaction.on_commit(lambda: hint(organization_id), robust=True)
    return Accepted(response_id, parameters["score"], created=True, changed=True, next_page=following)


def _parameters(
    first: FirstPage,
    definition: Definition,
    organization_id: int,
    now: dt.datetime,
    stored_at: dt.datetime,
    *,
    complete: bool,
) -> dict[str, Any]:
    """Everything the statement takes; it names only a part of them for answers without an invitation."""
    score = reading.score_of(definition, first.values)
    response_id = _next_id()
    kind = _completed()
    return {
        "id": response_id,
        "organization": organization_id,
        "survey": first.survey_id,
        "version": first.version_id,
        "invitation": first.invitation_id,
        "generation": first.generation,
        "distribution": first.distribution_id,
        "customer": first.customer_id,
        "mode": first.mode,
        "anonymous": definition.anonymous,
        "source": first.source,
        "channel": first.channel,
        "touchpoint": first.touchpoint,
        "language": first.language,
        "state": "complete" if complete else "partial",
        "complete": complete,
        "score": score,
        "category": nps.category(score).value if score is not None else "",
        "comment": reading.comment_of(definition, first.values),
        "now": now,
        "clock": timezone.now(),
        "stored_at": stored_at,
        "completed_at": stored_at if complete else None,
        "settles_at": None if complete else now + SETTLES_AFTER,
        "external_id": first.external_id,
        "answers": json.dumps(_rows(definition, first.values)),
        "news": kind.name,
        "news_version": kind.version,
        "lane": lane_of("response", response_id),
        "wakes": will_wake(kind.name),
    }


@cache
def _completed() -> NewsType:
    return catalog()["response.completed"]


_BLOCK = 50
_ids: deque[int] = deque()
_ids_of: list[int] = [0]


def _next_id() -> int:
    """A response's id, known before its row: the lane of its news follows from it. Taken in blocks."""
    if _ids_of[0] != os.getpid():
        _ids.clear()
        _ids_of[0] = os.getpid()
    try:
        return _ids.popleft()
    except IndexError:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence('surveys_response', 'id')) FROM generate_series(1, %s)",
                [_BLOCK],
            )
            first, *rest = (row[0] for row in cursor.fetchall())
        _ids.extend(rest)
        return int(first)


def _change(
    organization: Organization,
    definition: Definition,
    values: Mapping[str, Value],
    *,
    invitation: Invitation | None,
    response_id: int | None,
    page: int | None,
    now: dt.datetime,
) -> Accepted:
    """A later page, or the same form again: decided under the lock of the response."""
    response = _locked(definition, invitation, response_id, now)
    before = stored_values(response)
    pages = definition.pages()
    on_page = {each.key for each in (definition.questions if page is None else pages[page])}
    merged = {key: value for key, value in before.items() if key not in on_page}
    merged.update(values)
    after = reading.only_visible(definition, merged)
    following = None if page is None else reading.next_page(definition, page, after)
    was_complete = response.state == Response.State.COMPLETE
    said_before = any(before.get(key) != after.get(key) for key in before)
    told = response.settles_at is None

    response.pages_sent = max(response.pages_sent, 1 if page is None else page + 1)
    if following is None and not was_complete:
        response.state = Response.State.COMPLETE
        response.completed_at = day_of(organization, now) if response.anonymous else now
        if invitation is not None:
            Invitation.objects.filter(pk=invitation.pk).update(completed_at=response.completed_at)
    completes = response.state == Response.State.COMPLETE
    if after == before and completes == was_complete:
        return Accepted(response.pk, response.score, created=False, changed=False, next_page=following)

    if said_before:
        ResponseEdit.objects.create(
            response=response,
            at=day_of(organization, now) if response.anonymous else now,
            before={
                "score": response.score,
                "comment": response.comment,
                "answers": {key: value.print() for key, value in before.items()},
            },
        )
    score_before = response.score
    response.score = reading.score_of(definition, after)
    response.comment = reading.comment_of(definition, after)
    if not told:
        response.settles_at = None if completes else now + SETTLES_AFTER
    response.save(
        update_fields=["score", "comment", "state", "pages_sent", "completed_at", "settles_at", "changed"]
    )
    _write_answers(response, definition, before, after)
    if response.score != score_before:
        _correct_customer(response)
    if told:
        _announce(organization, response, "response.amended")
    elif completes:
        _announce(organization, response, "response.completed")
    else:
        ring(organization.pk, at=now + SETTLES_AFTER)
    return Accepted(response.pk, response.score, created=False, changed=True, next_page=following)


def _locked(
    definition: Definition, invitation: Invitation | None, response_id: int | None, now: dt.datetime
) -> Response:
    """The response to be changed, locked; Refused when there is none, or its time is over."""
    responses = Response.objects.select_for_update(of=("self",))
    if invitation is not None:
        current = (
            Invitation.objects.answerable()
            .filter(pk=invitation.pk, generation=invitation.generation)
            .select_related("distribution__survey")
            .first()
        )
        if current is None:
            raise Refused("not_asked")
        survey = current.distribution.survey
        if survey.deleted_at is not None or survey.state == Survey.State.ARCHIVED:
            raise Refused("closed")
        found = responses.filter(invitation=current).first()
        if found is None and response_id is not None and definition.anonymous:
            found = responses.filter(pk=response_id, anonymous=True, state=Response.State.PARTIAL).first()
        if found is None:
            raise Refused("answered" if current.started_at else "expired")
    else:
        if response_id is None:
            raise Refused("missing")
        found = responses.filter(pk=response_id, source=Response.Source.OPEN).first()
        if found is None:
            raise Refused("missing")
    if found.state == Response.State.COMPLETE and now > found.answered_at + dt.timedelta(
        days=definition.edit_days
    ):
        raise Refused("answered")
    return found


def _write_answers(
    response: Response, definition: Definition, before: Mapping[str, Value], after: Mapping[str, Value]
) -> None:
    gone = [key for key in before if key not in after]
    if gone:
        Answer.objects.filter(response=response, question__in=gone).delete()
    rows = [row for row in _rows(definition, after) if before.get(row["question"]) != after[row["question"]]]
    Answer.objects.bulk_create(
        [Answer(response=response, **row) for row in rows],
        update_conflicts=True,
        unique_fields=["organization", "response", "question"],
        update_fields=["kind", "number", "text", "choices"],
    )


def _correct_customer(response: Response) -> None:
    """The customer's latest fact follows a changed score, if it still is this response."""
    if response.customer_id is None or response.score is None:
        return
    Customer.objects.filter(pk=response.customer_id, last_response_id=response.pk).update(
        last_score=response.score, last_category=nps.category(response.score).value
    )


def _announce(organization: Organization, response: Response, news: str) -> None:
    """Tell the other apps, if this answer counts: imported and test answers wake nobody."""
    if response.mode in modes.counting(organization):
        record(news, response, survey=response.survey_id, customer=response.customer_id)


def _rows(definition: Definition, values: Mapping[str, Value]) -> list[dict[str, Any]]:
    return [
        {"question": each.key, "kind": each.kind, **values[each.key].print()}
        for each in definition.questions
        if each.key in values
    ]


def day_of(organization: Organization, at: dt.datetime) -> dt.datetime:
    """The beginning of the organization's day: all the time that an anonymous answer keeps."""
    zone = ZoneInfo(organization.time_zone)
    return dt.datetime.combine(at.astimezone(zone).date(), dt.time(), zone)


def _value(row: Answer) -> Value:
    return Value(number=row.number, text=row.text, choices=tuple(row.choices))

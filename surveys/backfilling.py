"""Answers of the past, in bulk: a history that is brought in wakes nobody and is no news."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from accounts import doorbells, modes
from accounts.models import Organization
from accounts.tenancy.context import current_organization_id
from surveys import nps, reading
from surveys.answering import definition_of
from surveys.kinds import Value
from surveys.models import Response, Version

CHUNK = 1_000


@dataclass(frozen=True)
class PastAnswer:
    """What somebody answered to their invitation, and when."""

    invitation_id: int
    at: dt.datetime
    values: Mapping[str, Value]


# The same steps as answering._TAKE_IN, for many invitations of one version at once.
_TAKE_IN_MANY = """
WITH told AS (
  SELECT * FROM jsonb_to_recordset(%(told)s::jsonb) AS t(
    invitation bigint, at timestamptz, score smallint, category text, comment text, answers jsonb)
),
who AS (
  UPDATE surveys_invitation i SET
    opened_at = COALESCE(i.opened_at, told.at), started_at = told.at, completed_at = told.at
  FROM told, surveys_distribution d
  WHERE i.organization_id = %(organization)s AND i.id = told.invitation AND i.started_at IS NULL
    AND i.outcome <> 'skipped'
    AND d.organization_id = %(organization)s AND d.id = i.distribution_id AND d.version_id = %(version)s
  RETURNING i.id AS invitation_id, i.distribution_id, i.customer_id, i.unit_id, i.mode, d.channel,
    d.touchpoint, i.locale, told.at, told.score, told.category, told.comment, told.answers
),
response AS (
  INSERT INTO surveys_response (
    organization_id, survey_id, version_id, distribution_id, invitation_id, customer_id, anonymous, mode,
    source, channel, touchpoint, language, unit_id, stage, attributes, state, pages_sent, score, comment,
    started_at, answered_at, completed_at, settles_at, exclusion_reason, suspicion, external_id,
    created_at, changed)
  SELECT %(organization)s, %(survey)s, %(version)s, who.distribution_id, who.invitation_id, c.id, false,
    who.mode, %(source)s, who.channel, who.touchpoint, COALESCE(NULLIF(who.locale, ''), %(language)s),
    COALESCE(c.unit_id, who.unit_id), COALESCE(c.stage, ''), COALESCE(c.attributes, '{}'::jsonb),
    %(state)s, 1, who.score, who.comment, who.at, who.at, who.at, NULL, '', '', NULL, %(now)s, 0
  FROM who LEFT JOIN segments_customer c
    ON c.organization_id = %(organization)s AND c.id = who.customer_id AND c.deleted_at IS NULL
  RETURNING id, invitation_id, customer_id, mode, channel, touchpoint, score, answered_at
),
answers AS (
  INSERT INTO surveys_answer (organization_id, response_id, question, kind, number, text, choices)
  SELECT %(organization)s, response.id, a.question, a.kind, a.number, a.text, a.choices
  FROM response JOIN who USING (invitation_id), jsonb_to_recordset(who.answers)
    AS a(question text, kind text, number smallint, text text, choices jsonb)
),
facts AS (
  UPDATE segments_customer c SET
    previous_score = c.last_score, previous_category = c.last_category,
    last_score = r.score, last_category = who.category, last_responded_at = r.answered_at,
    last_channel = r.channel, last_touchpoint = r.touchpoint, last_response_id = r.id,
    answer_count = c.answer_count + 1, updated_at = %(now)s
  FROM response r JOIN who USING (invitation_id)
  WHERE c.organization_id = %(organization)s AND c.id = r.customer_id AND r.score IS NOT NULL
    AND r.mode = ANY(%(counting)s)
    AND (c.last_responded_at IS NULL OR c.last_responded_at <= r.answered_at)
    AND c.unprofiled_at IS NULL
)
SELECT count(*) FROM response
"""


@transaction.atomic
def backfill(answers: Iterable[PastAnswer], *, version: Version) -> int:
    """Take in what was answered to invitations of one version, one answer per person in each call.

    Gives how many responses were made; an invitation that is used up or was never sent makes none. Not for
    anonymous versions, which keep no invitation.
    """
    definition = definition_of(version)
    if definition.anonymous:
        raise ValueError("an anonymous version keeps no invitation to answer to")
    organization = Organization.objects.get(pk=current_organization_id())
    told = []
    for answer in answers:
        score = reading.score_of(definition, answer.values)
        told.append(
            {
                "invitation": answer.invitation_id,
                "at": answer.at.isoformat(),
                "score": score,
                "category": nps.category(score).value if score is not None else "",
                "comment": reading.comment_of(definition, answer.values),
                "answers": [
                    {"question": each.key, "kind": each.kind, **answer.values[each.key].print()}
                    for each in definition.questions
                    if each.key in answer.values
                ],
            }
        )
    made = 0
    for start in range(0, len(told), CHUNK):
        with connection.cursor() as cursor:
            cursor.execute(
                _TAKE_IN_MANY,
                {
                    "told": json.dumps(told[start : start + CHUNK]),
                    "organization": organization.pk,
                    "survey": version.survey_id,
                    "version": version.pk,
                    "source": Response.Source.INVITATION,
                    "language": definition.default_locale,
                    "state": Response.State.COMPLETE,
                    "counting": list(modes.counting(organization)),
                    "now": timezone.now(),
                },
            )
            made += int(cursor.fetchone()[0])
    if made:
        # Their words are read for themes.
        doorbells.ring(organization.pk)
    return made

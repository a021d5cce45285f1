"""The judge of contacts, in SQL: one text for a single customer's page and for the claim of a batch.

The claim (outreach) and `contacting.may_contact` run the same statement, so that what a page says is what a
send does. Order of the checks, as in docs/engine.md: presence, address, suppression, consent, quiet hours,
caps, cadence of surveys. The first that fails is `reason`; all that fail are in `reasons`.

A caller that reserves (writes Contact rows) locks the customers first, in a statement of its own
(LOCK_CUSTOMERS): a snapshot taken before the lock would not see the reservation of the one who held it.
"""

# Parameters: organization. The caller's list of ids is `%(customers)s`.
LOCK_CUSTOMERS = """
SELECT id FROM segments_customer
WHERE organization_id = %(organization)s AND id = ANY(%(customers)s)
ORDER BY id
FOR NO KEY UPDATE
"""

# The same as addresses.address_hash: nested, keyed by the organization's salt.
HASH = "sha256(convert_to(o.salt, 'UTF8') || sha256(convert_to(o.salt || {address}, 'UTF8')))"

# What to join `judged()` to: one row per row of `candidates`.
OUTPUT_COLUMNS = ("id", "customer_id", "address", "reason", "free_at", "reasons")


def judged(
    candidates: str = "due",
    *,
    at: str = "%(at)s::timestamptz",
    facts: bool = True,
    carried: tuple[str, ...] = (),
) -> str:
    """Judges each row of `candidates`: id, customer_id, channel, purpose, capped, gapped, quiet.

    `capped`: the any-contact clock applies. `gapped`: the clock between two surveys applies. `quiet`: quiet
    hours hold it back. Rows of one customer in one batch are judged as if those before (by id) had gone out.

    Gives per row: id, customer_id, address (where to send now), reason (NULL = may go, else the first of
    deleted, no_address, suppressed, no_consent, quiet_hours, cap, survey_gap), free_at (when it may be tried
    again; NULL = never by itself), reasons (all of them), and the facts behind each for a page to show:
    suppressed_why, suppressed_at, consent_allowed, consent_at, consent_source, quiet_until, cap_until,
    gap_until, last_contact_at, last_contact_subject.

    Without `facts` the last contact is not looked up: the claim of a batch needs the judgement alone. `carried` names
    columns of the candidates that are given back as they are, so that the caller need not join them again.

    OFFSET 0 keeps the planner from copying each condition into all places that read it: quiet hours were computed a
    dozen times a row.

    Parameters: organization, at (unless `at` names another SQL expression). No user text is in the SQL.
    """
    last_contact = (
        """LEFT JOIN LATERAL (
              SELECT x.at, x.subject FROM segments_contact x
              WHERE x.organization_id = %(organization)s AND x.customer_id = d.customer_id AND x.at <= {at}
              ORDER BY x.at DESC LIMIT 1
            ) l ON d.capped OR d.gapped""".replace("{at}", at)
        if facts
        else "CROSS JOIN (SELECT NULL::timestamptz AS at, NULL::text AS subject) l"
    )
    handed_in = "".join(f", d.{column}" for column in carried)
    handed_out = "".join(f", f.{column}" for column in carried)
    return f"""
SELECT f.id, f.customer_id, f.address, f.reasons[1] AS reason,
       CASE f.reasons[1] WHEN 'quiet_hours' THEN f.quiet_until WHEN 'cap' THEN f.cap_until
                         WHEN 'survey_gap' THEN f.gap_until END AS free_at,
       f.reasons, f.suppressed_why, f.suppressed_at, f.consent_allowed, f.consent_at, f.consent_source,
       f.quiet_until, f.cap_until, f.gap_until, f.last_contact_at, f.last_contact_subject{handed_out}
FROM (
  SELECT e.*,
         array_remove(e.early || ARRAY[
           CASE WHEN e.cap_until IS NOT NULL THEN 'cap' END,
           CASE WHEN e.gap_until IS NOT NULL THEN 'survey_gap' END], NULL) AS reasons
  FROM (
    SELECT q.*,
           CASE WHEN q.capped AND q.cap_count > 0 AND q.before >= q.cap_count
                THEN COALESCE(q.times[q.before - q.cap_count + 1], q.instant)
                     + make_interval(days => q.cap_days)
           END AS cap_until,
           CASE WHEN q.gapped AND q.survey_gap_days > 0 THEN
             CASE WHEN q.earlier_surveys > 0 THEN q.instant + make_interval(days => q.survey_gap_days)
                  WHEN q.last_survey_at > q.instant - make_interval(days => q.survey_gap_days)
                  THEN q.last_survey_at + make_interval(days => q.survey_gap_days)
             END
           END AS gap_until
    FROM (
      SELECT p.*, COALESCE(cardinality(p.times), 0)
             + count(*) FILTER (WHERE p.passes AND p.capped) OVER earlier AS before,
             count(*) FILTER (WHERE p.passes AND p.purpose = 'surveys') OVER earlier AS earlier_surveys
      FROM (
        SELECT w.*, cardinality(w.early) = 0 AS passes
        FROM (
          SELECT v.*,
                 array_remove(ARRAY[
                   CASE WHEN v.deleted_at IS NOT NULL THEN 'deleted' END,
                   CASE WHEN v.address = '' THEN 'no_address' END,
                   CASE WHEN v.suppressed_why IS NOT NULL THEN 'suppressed' END,
                   CASE WHEN NOT v.consent_allowed THEN 'no_consent' END,
                   CASE WHEN v.quiet_until IS NOT NULL THEN 'quiet_hours' END], NULL) AS early
          FROM (
            SELECT d.id, d.customer_id, d.channel, d.purpose, d.capped, d.gapped, c.deleted_at,
                   {at} AS instant, a.address, o.cap_count, o.cap_days, o.survey_gap_days,
                   s.reason AS suppressed_why, s.at AS suppressed_at,
                   COALESCE(k.allowed, d.purpose IN ('service', 'surveys')) AS consent_allowed,
                   k.at AS consent_at, k.source AS consent_source,
                   h.times, h.last_survey_at, l.at AS last_contact_at, l.subject AS last_contact_subject{handed_in},
                   CASE WHEN d.quiet AND o.quiet_from <> o.quiet_to AND (
                          CASE WHEN o.quiet_from < o.quiet_to
                               THEN z.clock >= o.quiet_from AND z.clock < o.quiet_to
                               ELSE z.clock >= o.quiet_from OR z.clock < o.quiet_to END)
                        THEN timezone(z.zone, z.day + o.quiet_to
                             + CASE WHEN o.quiet_from > o.quiet_to AND z.clock >= o.quiet_from
                                    THEN interval '1 day' ELSE interval '0' END)
                   END AS quiet_until
            FROM {candidates} d
            JOIN accounts_organization o ON o.id = %(organization)s
            JOIN segments_customer c ON c.organization_id = %(organization)s AND c.id = d.customer_id
            LEFT JOIN segments_company y ON y.organization_id = %(organization)s AND y.id = c.company_id
            CROSS JOIN LATERAL (
              SELECT CASE d.channel WHEN 'email' THEN c.email_lower WHEN 'sms' THEN c.phone
                                    ELSE c.id::text END AS address
            ) a
            CROSS JOIN LATERAL (
              SELECT COALESCE(NULLIF(c.time_zone, ''), NULLIF(y.time_zone, ''),
                              NULLIF(o.time_zone, ''), 'UTC') AS zone
            ) y1
            CROSS JOIN LATERAL (
              SELECT y1.zone, timezone(y1.zone, {at})::time AS clock, timezone(y1.zone, {at})::date AS day
            ) z
            LEFT JOIN LATERAL (
              SELECT x.reason, x.at FROM segments_suppression x
              WHERE x.organization_id = %(organization)s AND x.channel = d.channel
                AND x.address_hash = {HASH.format(address="a.address")} AND x.purpose IN ('', d.purpose)
              ORDER BY x.purpose LIMIT 1
            ) s ON a.address <> ''
            LEFT JOIN LATERAL (
              SELECT x.allowed, x.at, x.source FROM segments_consent x
              WHERE x.organization_id = %(organization)s AND x.customer_id = d.customer_id
                AND x.purpose = d.purpose AND (x.channel = d.channel OR x.channel = 'any')
              ORDER BY x.channel = 'any' LIMIT 1
            ) k ON true
            LEFT JOIN LATERAL (
              SELECT array_agg(x.at ORDER BY x.at) FILTER (
                       WHERE x.counted AND x.at > {at} - make_interval(days => o.cap_days)) AS times,
                     max(x.at) FILTER (WHERE x.purpose = 'surveys') AS last_survey_at
              FROM segments_contact x
              WHERE x.organization_id = %(organization)s AND x.customer_id = d.customer_id AND x.at <= {at}
                AND x.at > {at} - make_interval(days => greatest(o.cap_days, o.survey_gap_days))
            ) h ON d.capped OR d.gapped
            {last_contact}
            OFFSET 0
          ) v
          OFFSET 0
        ) w
      ) p
      WINDOW earlier AS (PARTITION BY p.customer_id ORDER BY p.id
                         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ) q
    OFFSET 0
  ) e
  OFFSET 0
) f
"""

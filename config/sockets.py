"""Where the apps are introduced to each other: dotted paths only, imported at start (house.md).

An upper app plugs into a lower one here, so that no import ever climbs.
"""

# news name -> listeners, called as listener(news) inside the organization's context; idempotent.
SUBSCRIPTIONS: dict[str, tuple[str, ...]] = {
    "case.closed": ("outreach.triggers.case_changed",),
    "case.opened": ("outreach.triggers.case_changed",),
    "case.reopened": ("outreach.triggers.case_changed",),
    "consent.changed": ("surveys.listening.profile_again",),
    "customer.erased": ("outreach.triggers.customer_erased",),
    "customer.merged": ("segments.gathering.gather_late", "segments.pushing.merged"),
    "distribution.launched": ("outreach.triggers.distribution_launched",),
    "distribution.queued": ("outreach.triggers.distribution_queued",),
    "distribution.stopped": ("outreach.triggers.distribution_stopped",),
    "improvement.told": ("outreach.triggers.improvement_told",),
    "invitation.tried": ("outreach.triggers.invitation_tried",),
    "response.amended": ("surveys.listening.hear_themes", "segments.pushing.answered"),
    "response.completed": (
        "surveys.listening.note_on_timeline",
        "surveys.listening.hear_themes",
        "outreach.triggers.response_completed",
        "segments.pushing.answered",
    ),
}

# Each returns the fields an app brings to the rule language of segments.
SEGMENT_FIELDS: tuple[str, ...] = (
    "segments.quality_fields.fields",
    "segments.worth_fields.fields",
    "surveys.segment_fields.fields",
    "outreach.segment_fields.fields",
)

# Each is called as make() and returns a segments.fact_logs.Log: a table with change numbers whose facts rules read.
FACT_LOGS: tuple[str, ...] = (
    "segments.fact_logs.customers",
    "segments.fact_logs.companies",
    "surveys.segment_fields.log",
    "outreach.segment_fields.log",
)

# Who holds data about a person, for export and erasure: each is an accounts.personal_data.DataMap. Upper apps
# first, so that erasure meets the customer's own row last.
PERSONAL_DATA: tuple[str, ...] = (
    "outreach.data_map.DATA_MAP",
    "surveys.data_map.DATA_MAP",
    "segments.data_map.DATA_MAP",
    "accounts.data_map.DATA_MAP",
)

# Each is a list of accounts.navigation.Item: the areas of the side that exist.
NAVIGATION: tuple[str, ...] = (
    "surveys.navigation.ITEMS",
    "segments.navigation.ITEMS",
    "accounts.navigation.ITEMS",
    "outreach.navigation.ITEMS",
)

# Each is called with the organization and returns list[accounts.first_run.Step]: from nothing to a live survey.
FIRST_RUN: tuple[str, ...] = (
    "accounts.first_run.steps",
    "surveys.first_run.steps",
    "segments.first_run.steps",
    "outreach.first_run.steps",
)

# Each is a tuple of accounts.news_catalog.NewsType: the news an app records.
NEWS: tuple[str, ...] = (
    "surveys.news.NEWS",
    "segments.news.NEWS",
    "outreach.news.NEWS",
)

# Called as hint(organization_id) after a commit that left work due now: they tell the workers to look.
HINTS: tuple[str, ...] = ("outreach.hinting.hint",)

# Each is called as due(organization, now) -> how much it did, outside any context, by the pump of the engine:
# it opens acting_for per transaction, does one batch, and rings if more is left.
DUE_WORK: tuple[str, ...] = (
    "segments.importing.due",
    "segments.my_data.due",
    "segments.staging.due",
    "segments.keeping_up.due",
    "surveys.distributing.due",
    "surveys.answering.due",
    "surveys.watching.due",
    "surveys.hearing.due",
    "outreach.due_work.campaigns",
    "outreach.due_work.late_cases",
    # Last: the other side may be slow.
    "segments.syncing.due",
)

# Each is called as begin(by=system) in the transaction that founds an organization: what it finds there.
FOUNDED: tuple[str, ...] = ("segments.library.begin", "segments.staging.found")

# Each is an accounts.handing_over.Handover: what members own in an app, and how it changes hands.
HANDOVERS: tuple[str, ...] = (
    "outreach.handovers.CASES",
    "surveys.handovers.IMPROVEMENTS",
    "segments.handovers.COMPANIES",
)

# Each is a map of "action" or "action/did" to the audit log's sentence (accounts.telling).
AUDIT_SENTENCES: tuple[str, ...] = (
    "segments.sentences.SENTENCES",
    "surveys.sentences.SENTENCES",
    "outreach.sentences.SENTENCES",
)

# Each is called as lines(customer, actor) and returns list[segments.timeline.Line] for the customer's page:
# answers with their words, for those who may read them, in the place of the events of the same response.
TIMELINE: tuple[str, ...] = ("surveys.telling_segments.lines",)

# Each is called as facts(found, actor), with a queryset of customers, and returns the context of its template
# beside the builder: {"template": "...", ...} (the NPS of a segment while it is edited).
SEGMENT_FACTS: tuple[str, ...] = ("surveys.telling_segments.score_of",)

# Each is a segments.merge_parts.Part: what an app adds when two records of one person become one, beside its rows,
# which move by the data map.
MERGING: tuple[str, ...] = (
    "segments.merge_parts.PART",
    "surveys.merging_customers.PART",
    "outreach.merging_customers.PART",
)

# Each has something that stands as a task or ticket in other software: a segments.pushing.ErrandOwner.
ERRANDS: tuple[str, ...] = ("outreach.ticketing.CASES",)

# Each is called as tidy(at=now) inside an organization's context: what an app keeps for a time only.
TIDYING: tuple[str, ...] = (
    "segments.closing_merges.close_due",
    "segments.staging.nightly",
    "segments.receiving.tidy",
    "segments.connecting.tidy",
    "segments.membership_check.nightly",
)

# Each is called as fact(customer, actor) and returns the context of a card on the customer's page beside the
# scores, {"template": "...", ...}, or None (the open case).
CUSTOMER_CARDS: tuple[str, ...] = ("outreach.telling_segments.open_case",)

# Each is called as card(improvement, actor) and returns the context of a card on the improvement's page,
# {"template": "...", ...}, or None ("you said, we did").
IMPROVEMENT_CARDS: tuple[str, ...] = ("outreach.telling_back.card",)

# Each is a segments.standing.CompanyAnswers: the score over the contacts of a company, and who was asked.
COMPANY_ANSWERS: tuple[str, ...] = ("surveys.telling_companies.ANSWERS",)

# Each is a segments.searching.Source: what an app has with words in it, in the order in which the page shows it.
SEARCH: tuple[str, ...] = (
    "segments.finding.CUSTOMERS",
    "surveys.finding.COMMENTS",
    "outreach.finding.MESSAGES",
    "outreach.finding.NOTES",
)

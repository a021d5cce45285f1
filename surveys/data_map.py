"""What the fields of surveys hold. A response outlives its customer: the score stays, the words go."""

from accounts.personal_data import About, DataMap

_EDITABLE = "id organization revision edited_at edited_by deleted_at"

DATA_MAP: DataMap = {
    "surveys.Survey": About(
        tenant="name kind default_locale locales touchpoint anonymous open_link edit_days thanks_promoter"
        " thanks_passive thanks_detractor",
        none=f"{_EDITABLE} state latest_version draft_changes watched_upto created_by created_at",
    ),
    "surveys.Question": About(
        tenant="key kind text hint required settings shown_to starts_page position counting",
        none="id organization survey removed_at",
    ),
    "surveys.Appearance": About(tenant="brand_colour logo show_name", none="id organization survey"),
    "surveys.Version": About(
        tenant="definition counting_question", none="id organization survey number published_at published_by"
    ),
    "surveys.Annotation": About(tenant="words day survey", none=f"{_EDITABLE} created_at"),
    "surveys.Benchmark": About(
        tenant="whose score year source link method people", none=f"{_EDITABLE} created_at"
    ),
    "surveys.ChannelCost": About(tenant="channel per_asked", none="id organization entered_at"),
    "surveys.Theme": About(tenant="name words seed board state owner", none=f"{_EDITABLE} created_at"),
    "surveys.Improvement": About(
        tenant="name change side theme fact value action owner due_on state done_on confidence effort expected"
        " briefing note",
        none=f"{_EDITABLE} created_at",
    ),
    "surveys.TouchedUnit": About(none="id organization improvement unit"),
    "surveys.TouchedSegment": About(none="id organization improvement segment"),
    "surveys.Briefing": About(
        tenant="words", none="id organization improvement membership times told_at acknowledged_at"
    ),
    "surveys.Dismissal": About(tenant="entry", none="id organization"),
    # What was read in somebody's words goes with the words.
    "surveys.Mention": About(
        personal="sentiment",
        none="id organization response theme",
        person="response__customer_id",
        delete=True,
    ),
    "surveys.Tone": About(
        personal="sentiment language",
        none="id organization response heard",
        person="response__customer_id",
        delete=True,
    ),
    "surveys.Correction": About(
        personal="sentiment",
        none="id organization response theme at by",
        person="response__customer_id",
        delete=True,
    ),
    "surveys.ThemeRun": About(
        none="id organization asked_at after total seen moved finished_at changed_below"
    ),
    "surveys.Distribution": About(
        tenant="name segment channel scheduled_at touchpoint subject intro sampling_percent expires_after_days"
        " anonymous",
        none=f"{_EDITABLE} survey version state mode launched_upto launched_at stopped_at stopped_by created_by"
        " created_at",
    ),
    "surveys.JourneyOrder": About(tenant="touchpoints", none=_EDITABLE),
    "surveys.ResponseEdit": About(
        personal="before", none="id organization response at by", person="response__customer_id", delete=True
    ),
    "surveys.Answer": About(
        personal="text number choices",
        tenant="question kind",
        none="id organization response",
        person="response__customer_id",
        delete=True,
    ),
    "surveys.Response": About(
        personal="comment attributes suspicion exclusion_reason external_id language stage",
        tenant="touchpoint unit source channel",
        none="id organization survey version distribution invitation customer anonymous mode state pages_sent"
        " score started_at answered_at completed_at settles_at excluded_at excluded_by set_aside_at created_at"
        " changed",
        person="customer_id",
    ),
    "surveys.Invitation": About(
        personal="locale reason",
        tenant="unit source",
        none="id organization distribution customer mode generation token_hash outcome issued_at expires_at"
        " sent_at delivered_at opened_at started_at completed_at",
        person="customer_id",
    ),
}

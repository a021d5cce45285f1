"""News that segments record."""

from accounts.news_catalog import Fact, NewsType

NEWS = (
    NewsType("customer.created", "A customer came in, by hand or over REST.", {}),
    NewsType("customer.changed", "Facts of a customer changed, by hand or over REST.", {}),
    NewsType("customer.deleted", "A customer was put away; for 30 days they can be brought back.", {}),
    NewsType("customer.restored", "A deleted customer was brought back.", {}),
    NewsType("customer.erased", "Everything about a person was removed.", {}),
    NewsType(
        "customer.stage_changed",
        "A customer is in another stage of the journey: by their facts, by the time that passed, or as told.",
        {"change": Fact.ID, "since": Fact.INSTANT},
    ),
    NewsType(
        "customer.entered",
        "A customer came to be in a segment, by their facts or by the time that passed.",
        {"segment": Fact.ID},
    ),
    NewsType(
        "customer.left",
        "A customer is not in a segment any more, by their facts or by the time that passed.",
        {"segment": Fact.ID},
    ),
    NewsType(
        "customer.merged",
        "Another record of the same person became part of this customer; it can be undone for 30 days.",
        {"absorbed": Fact.ID},
    ),
    NewsType("customer.unmerged", "A merge was undone: the other record is back.", {"absorbed": Fact.ID}),
    NewsType("company.saved", "A company was made, or its facts changed, by hand or over REST.", {}),
    NewsType(
        "consent.changed",
        "A customer allowed or refused a purpose on a channel.",
        {"channel": Fact.WORD, "purpose": Fact.WORD, "allowed": Fact.FLAG},
    ),
    NewsType(
        "data_request.made",
        "A customer asked for a copy, a correction, another address or their erasure.",
        {"kind": Fact.WORD, "customer": Fact.ID},
    ),
    NewsType("segment.saved", "A segment was made, or its rule or name changed.", {}),
    NewsType(
        "segment.drifted",
        "The nightly check found people written down in the wrong place, and put them right: a fault of ours.",
        {"places": Fact.COUNT, "of": Fact.COUNT},
    ),
    NewsType(
        "customer_import.finished",
        "A file of customers has come in, or was stopped.",
        {"created": Fact.COUNT, "updated": Fact.COUNT, "refused": Fact.COUNT},
    ),
)

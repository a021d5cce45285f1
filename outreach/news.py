"""The news that outreach records."""

from accounts.news_catalog import Fact, NewsType

NEWS = (
    NewsType(
        "distribution.queued",
        "The next of a large distribution's invitations got their messages; others wait for theirs.",
        {"upto": Fact.ID},
    ),
    NewsType("campaign.launched", "A campaign was launched; people are chosen after its minute of grace."),
    NewsType("campaign.stopped", "A campaign was stopped for good."),
    NewsType("campaign.finished", "Everybody of a campaign is accounted for."),
    NewsType(
        "case.opened",
        "A case was opened for a customer.",
        {"customer": Fact.ID, "response": Fact.ID},
        optional=frozenset({"customer", "response"}),
    ),
    NewsType(
        "case.assigned", "A case got an owner, or none.", {"owner": Fact.ID}, optional=frozenset({"owner"})
    ),
    NewsType("case.contacted", "A person was in contact with the customer for the first time.", {}),
    NewsType("case.closed", "A case was closed.", {"customer": Fact.ID}, optional=frozenset({"customer"})),
    NewsType(
        "case.reopened", "A case was opened again.", {"customer": Fact.ID}, optional=frozenset({"customer"})
    ),
)

"""News that surveys record."""

from accounts.news_catalog import Fact, NewsType

_RESPONSE = {"survey": Fact.ID, "customer": Fact.ID}

NEWS = (
    NewsType("survey.published", "A survey got a new version.", {"version": Fact.COUNT}),
    NewsType(
        "survey.shifted",
        "The score of a survey really shifted, up or down: its weeks rang the CUSUM alarm.",
        {"up": Fact.FLAG, "since": Fact.INSTANT},
    ),
    NewsType(
        "improvement.told",
        "Members of the units that an improvement touches were told of it, anew or for the first time.",
        {"told": Fact.COUNT},
    ),
    NewsType(
        "distribution.launched",
        "The invitations of a distribution were made; they wait to be sent.",
        {"survey": Fact.ID, "asked": Fact.COUNT},
    ),
    NewsType(
        "distribution.stopped",
        "A distribution asks nobody new; what waits is not sent.",
        {"survey": Fact.ID},
    ),
    NewsType(
        "invitation.tried",
        "A member asked for a test mail of a distribution to their own address.",
        {"distribution": Fact.ID, "user": Fact.ID},
    ),
    NewsType(
        "response.completed",
        "An answer came in: at its last page, or 30 minutes after the last page that was sent.",
        _RESPONSE,
        optional=frozenset({"customer"}),
    ),
    NewsType(
        "response.amended",
        "An answer that was told of before was changed or continued.",
        _RESPONSE,
        optional=frozenset({"customer"}),
    ),
    NewsType(
        "response.excluded",
        "An answer was taken out of the score, or put back.",
        {"survey": Fact.ID, "excluded": Fact.FLAG},
    ),
)

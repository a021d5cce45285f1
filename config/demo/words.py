"""What invented customers say: a stock of sentences by theme and category, put together at random."""

from random import Random

OPENERS = {
    "detractor": (
        "",
        "",
        "Honestly disappointed.",
        "Not again.",
        "I expected more.",
        "This keeps happening.",
        "I used to like it here.",
        "Sorry to say this.",
        "For the second time:",
    ),
    "passive": ("", "", "", "Fine overall.", "Good, not great.", "Mostly happy.", "It was all right."),
    "promoter": ("", "", "", "Lovely.", "Very happy.", "Thank you.", "As always, a pleasure.", "Keep it up."),
}

CLOSERS = {
    "detractor": (
        "",
        "",
        "",
        "I will look elsewhere next time.",
        "Somebody should look into this.",
        "Nobody said sorry.",
        "I told two friends to go somewhere else.",
        "Please call me.",
    ),
    "passive": ("", "", "", "", "Room to improve.", "Will see next time."),
    "promoter": (
        "",
        "",
        "",
        "I have told my sister already.",
        "See you soon.",
        "My colleagues want one too.",
    ),
}

RETAIL = {
    ("queue", "detractor"): (
        "Twenty minutes in the queue for one lamp.",
        "Only one till open on a Saturday, the line went to the door.",
        "I put everything back because of the queue.",
        "Waiting time at the till is unbearable.",
        "Stood in line longer than I shopped.",
        "The queue again. Two people at the tills, six chatting.",
    ),
    ("queue", "passive"): (
        "Lovely store, but Saturday at the till is a test of patience.",
        "The queue was long, though it moved.",
        "Had to wait a while to pay.",
    ),
    ("delivery", "detractor"): (
        "The table came nine days late and nobody wrote to me.",
        "Third delivery date, still no sofa.",
        "Waited at home all day for a delivery that did not come.",
        "Delivered late, and to the neighbour without a note.",
    ),
    ("delivery", "passive"): ("The delivery was a few days late.", "Came late, but came whole."),
    ("packaging", "detractor"): (
        "Third time the lamp came in pieces.",
        "Two glasses broken, the box was far too big.",
        "Scratched table top, hardly any padding.",
    ),
    ("packaging", "passive"): (
        "A lot of plastic around a small vase.",
        "The box was torn, the bowl survived.",
    ),
    ("staff", "detractor"): (
        "Nobody on the floor knew the answer.",
        "I asked three people and was sent away three times.",
        "Felt like I was in the way.",
    ),
    ("staff", "passive"): ("Friendly enough, hard to find.", "Staff were kind but rushed."),
    ("staff", "promoter"): (
        "The woman at the lamps took half an hour to find the right bulb with me.",
        "They remembered me and what I bought last year.",
        "Your people know their things and do not push.",
        "I sent a photo of a broken handle and a new one was at my door two days later.",
    ),
    ("range", "promoter"): (
        "Beautiful things that last.",
        "I always find a present here.",
        "The oak table is the best thing in our house.",
        "Good colours, honest materials.",
    ),
    ("range", "passive"): ("Nice things, some out of stock.", "I like the kitchen range, the rest less."),
    ("price", "passive"): ("A bit dear for what it is.", "Good, but cheaper elsewhere."),
    ("price", "detractor"): (
        "The price went up by a fifth since spring.",
        "Too expensive for a stool that wobbles.",
    ),
    ("app", "promoter"): (
        "The app told me the sofa was in stock, and it truly was.",
        "Ordered on the tram, fetched it on the way home.",
    ),
    ("quality", "detractor"): ("The chair creaks after one month.", "The colour came off on the first wash."),
}

SOFTWARE = {
    ("setup", "detractor"): (
        "Six weeks in and we are still not set up.",
        "The import guide stops where our questions begin.",
        "Onboarding was three calls with three different people.",
        "Setting up the roles took us two days.",
    ),
    ("setup", "passive"): ("Setting up took longer than promised.", "Powerful, once somebody explains it."),
    ("automations", "promoter"): (
        "Automations do in a minute what took us a morning.",
        "The month-end automation alone pays for it.",
        "We automated our reminders and nobody wants to go back.",
    ),
    ("support", "promoter"): (
        "Support answers within the hour, with an answer.",
        "They fixed a bug on the day I wrote.",
        "A person who knew our account called back.",
    ),
    ("support", "detractor"): (
        "A ticket open for three weeks.",
        "Support sends links to pages I have read.",
    ),
    ("price", "detractor"): (
        "Priced for companies ten times our size.",
        "The features we need are always one plan up.",
    ),
    ("price", "passive"): ("Good value at the old price.", "We use a third of what we pay for."),
    ("reports", "passive"): (
        "Reports are fine, exporting them is not.",
        "I miss a way to compare two quarters.",
    ),
    ("reports", "promoter"): ("The reports are what our board reads.", "Clear numbers, no decoration."),
    ("speed", "detractor"): ("The ledger page takes ten seconds to open.", "It slows down every month end."),
    ("ease", "promoter"): ("New people understand it on the first day.", "It stays out of the way."),
}


def comment(
    random: Random, bank: dict[tuple[str, str], tuple[str, ...]], category: str, theme: str | None
) -> str:
    """A comment of that category; about the theme when the stock has a sentence for it."""
    if theme is None or (theme, category) not in bank:
        theme = random.choice([name for name, of in bank if of == category])
    parts = (
        random.choice(OPENERS[category]),
        random.choice(bank[(theme, category)]),
        random.choice(CLOSERS[category]),
    )
    return " ".join(part for part in parts if part)

"""The plan of the demo world: what is planted is there, what is not planted is not, and the page says so."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from config.demo import page, planted, retailer, software
from config.demo.plan import PlannedAnswer, PlannedCustomer, World, draw_score
from surveys import nps, twice_differing

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def counts(answers: list[PlannedAnswer]) -> nps.Counts:
    return nps.Counts(
        sum(answer.score <= 6 for answer in answers),
        sum(answer.score in (7, 8) for answer in answers),
        sum(answer.score >= 9 for answer in answers),
    )


def split(world: World, belongs: Callable[[PlannedCustomer], bool]) -> nps.Difference:
    """The difference between those who belong and the rest, at the level of one in a thousand."""
    chosen = {planned.key for planned in world.customers if belongs(planned)}
    inside = [answer for answer in world.answers if answer.customer in chosen]
    outside = [answer for answer in world.answers if answer.customer not in chosen]
    return nps.difference(counts(inside), counts(outside), level=0.999)


def test_the_same_seed_gives_the_same_world():
    assert retailer.plan(seed=3, now=NOW) == retailer.plan(seed=3, now=NOW)
    assert retailer.plan(seed=3, now=NOW) != retailer.plan(seed=4, now=NOW)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_planted_in_the_shop_is_there(seed):
    world = retailer.plan(seed=seed, now=NOW)
    assert split(world, lambda person: person.unit in retailer.CITY).high < 0
    assert split(world, lambda person: person.attributes["loyalty_card"] == "gold").low > 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_a_null_in_the_shop_is_not_there(seed):
    world = retailer.plan(seed=seed, now=NOW)
    for belongs in (
        lambda person: person.attributes["newsletter"],
        lambda person: person.attributes["favourite_range"] == "Lighting",
        lambda person: person.attributes["age_band"] == "60+",
    ):
        found = split(world, belongs)
        assert found.low < 0 < found.high


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_users_of_automations_are_happier_in_the_software_firm(seed):
    world = software.plan(seed=seed, now=NOW, companies=600)
    assert split(world, lambda person: person.attributes["automations"]).low > 0


def second_queue(seed, touched):
    """The change of these stores when the queue opened, against that of the other units, half a year around."""
    world = retailer.plan(seed=seed, now=NOW)
    unit_of = {person.key: person.unit for person in world.customers}
    opened, span = NOW - timedelta(days=planted.SECOND_QUEUE_DAYS), timedelta(days=180)
    last = {}
    for answer in sorted(world.answers, key=lambda each: each.at):
        if abs(answer.at - opened) < span:
            last[unit_of[answer.customer], answer.at >= opened, answer.customer] = answer.score
    sides = {True: [], False: []}
    for unit in sorted({place for place, _after, _customer in last if place}):
        before, after = (
            nps.Counts.of_scores(
                [score for (place, late, _), score in last.items() if (place, late) == (unit, side)]
            )
            for side in (False, True)
        )
        sides[unit in touched].append(twice_differing.Unit(before, after))
    return twice_differing.compared(sides[True], sides[False])


def test_the_second_queue_is_found_and_nothing_where_none_opened():
    found = [second_queue(seed, retailer.CITY) for seed in range(1, 7)]
    assert 0.10 < sum(each.value for each in found) / len(found) < 0.40
    assert all(each.high > 0.10 for each in found)
    nothing = [second_queue(seed, ("Hillcrest", "Web shop")) for seed in range(1, 7)]
    assert sum(each.low > 0 for each in nothing) <= 1


def test_nobody_answers_before_being_asked_or_after_now():
    for world in (retailer.plan(seed=5, now=NOW), software.plan(seed=5, now=NOW)):
        asked = {wave.number: wave.at for wave in world.waves}
        assert all(asked[answer.wave] < answer.at < NOW for answer in world.answers)
        assert len({planned.email for planned in world.customers}) == len(world.customers)


def test_scores_stay_on_the_scale_and_follow_the_lean():
    random = Random(1)
    low = [draw_score(random, -6.0) for _ in range(500)]
    high = [draw_score(random, 6.0) for _ in range(500)]
    assert set(low) | set(high) <= set(range(11))
    assert sum(low) / 500 < 2 < 9 < sum(high) / 500


def test_the_page_says_what_is_planted():
    assert page.PAGE.read_text(encoding="utf-8") == page.text()

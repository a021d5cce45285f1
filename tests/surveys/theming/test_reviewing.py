"""Themes of a file: scales mended, the greatest effect first, quotes; and in six languages what is said how."""

import csv
from io import StringIO

import pytest
from django.core.management import call_command

from surveys.theming import lexicons, noticing, reviewing, seeds
from surveys.theming.tagging import Tagger
from surveys.theming.words import LANGUAGES, language_of, stem


@pytest.fixture(scope="module")
def tagger():
    return Tagger({key: seeds.words(key) for key in seeds.KEYS})


@pytest.mark.parametrize(
    ("text", "language", "tone", "themes"),
    [
        ("Twenty minutes in the queue for one lamp.", "en", -1, {"waiting": -1}),
        ("No queue, friendly staff.", "en", 1, {"waiting": 1, "staff": 1}),
        ("The staff were not friendly at all.", "en", -1, {"staff": -1}),
        ("Lovely rooms but no wifi.", "en", 1, {"internet": -1}),
        (
            "Das Personal war freundlich, aber lange Warteschlangen an der Kasse.",
            "de",
            1,
            {"staff": 1, "waiting": -1},
        ),
        ("Die Lieferung kam zu spät und der Karton war kaputt.", "de", -1, {"delivery": -1, "packaging": -1}),
        ("Le personnel est aimable mais pas de wifi.", "fr", 1, {"staff": 1, "internet": -1}),
        ("El personal es muy amable pero el baño estaba sucio.", "es", -1, {"staff": 1, "washrooms": -1}),
        ("Il personale è gentile, però i bagni sono sporchi.", "it", -1, {"staff": 1, "washrooms": -1}),
        ("الموظفين محترمين لكن السعر غالي", "ar", 0, {"staff": 1, "price": -1}),
    ],
)
def test_what_is_said_how_in_six_languages(tagger, text, language, tone, themes):
    heard = tagger.hear(text)
    assert heard.language == language
    assert {key: heard.mentions[key].sentiment for key in themes} == themes
    if tone:
        assert heard.tone in (tone, 0) or language != "en"


def test_every_language_has_words_for_every_starter_theme():
    for key in seeds.KEYS:
        assert set(seeds.words(key)) == set(LANGUAGES), key
    for language in LANGUAGES:
        lexicon = lexicons.of(language)
        assert min(len(lexicon.common), len(lexicon.good), len(lexicon.bad)) >= 40
        assert not set(lexicon.good) & set(lexicon.bad)
        assert stem("", language) == ""


def test_the_language_of_the_form_decides_only_where_the_words_do_not():
    assert language_of("Die Lieferung war sehr spät", "en") == "de"
    assert language_of("Super", "fr") == "fr"
    assert language_of("Super", "sv", "it") == "it"
    assert language_of("", "", "en") == "en"


def write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["date", "content", "overall_rating"], *rows])
    return path


@pytest.mark.row("D4", "found automatically")
def test_a_file_that_changed_its_scale_is_mended_and_weighed(tmp_path):
    rows = [["2013-05-01", "Queue again, endless queue", "1.0"]] * 40
    rows += [["2013-06-01", "Kind and helpful staff", "5.0"]] * 40
    rows += [["2016-05-01", "Nothing to say about the rest", "9"]] * 40 + [["2016-05-01", "no score", ""]]
    rows += [["2016-07-01", "The loyalty card is a riddle", "2"]] * 40
    told = StringIO()
    call_command("themes", str(write(tmp_path / "reviews.csv", rows)), stdout=told)
    lines = told.getvalue().splitlines()
    assert lines[0] == "160 comments with a score, NPS 0; 80 speak of no theme."
    assert lines[1] == "80 scores of 1 to 5 were stretched to 0 to 10."
    assert any("Waiting: 40 people, 40 complaints" in line and "NPS -100" in line for line in lines)
    assert any("Staff and service: 40 people, 0 complaints, 40 praise" in line for line in lines)
    assert any("loyalty card" in line and "said more by detractors" in line for line in lines)


def test_a_file_without_such_columns_is_refused(tmp_path):
    with pytest.raises(reviewing.NoSuchColumn):
        reviewing.read(["a,b", "1,2"])
    assert noticing.notice([], Tagger({})) == []


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "lounge_reviews_mixed_scale",
            {"food", "staff", "drinks", "washrooms", "crowding", "internet", "comfort"},
        ),
        ("game_reviews_0_10", {"price"}),
    ],
)
def test_real_reviews_give_sensible_themes(tagger, name, expected):
    from tests.surveys.theming.test_labelled import REVIEWS

    path = REVIEWS.with_name(f"{name}.csv")
    if not path.exists():
        pytest.skip(f"{path.name} is not there")
    with path.open(encoding="utf-8-sig", newline="") as file:
        comments, stretched = reviewing.read(file)
    found = reviewing.review(comments, tagger, stretched=stretched)
    assert expected <= {each.key for each in found.themes[:10]}
    assert all(len(each.quotes) == 5 for each in found.themes[:10])
    if name.startswith("game"):
        said = [noticing.Said(each.text, each.score) for each in comments[:1500]]
        entries = {entry for each in noticing.notice(said, tagger) for entry in each.entries}
        assert any("island" in entry for entry in entries), (
            "one island per console is what people complain of"
        )

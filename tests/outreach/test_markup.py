"""Markdown around Liquid: what a member writes, and the two sources it becomes."""

import pytest

from outreach.markup import lay_out


def test_liquid_passes_through_untouched_and_markdown_is_laid_out():
    made = lay_out('Dear {{ customer.first_name | default: "there" }},\n\nthank **you**.')
    assert (
        made.html
        == '<p>Dear {{ customer.first_name | default: "there" }},</p>\n<p>thank <strong>you</strong>.</p>\n'
    )
    assert made.text == 'Dear {{ customer.first_name | default: "there" }},\n\nthank you.'


def test_a_link_may_hold_a_merge_field():
    made = lay_out("[Answer here]({{ survey_link }})")
    assert '<a href="{{ survey_link }}">Answer here</a>' in made.html
    assert made.text == "Answer here: {{ survey_link }}"


def test_tags_on_a_line_of_their_own_enclose_whole_paragraphs():
    made = lay_out("{% if customer.company %}\nAt {{ customer.company }} too.\n{% endif %}\nBye.")
    assert (
        "{% if customer.company %}\n<p>At {{ customer.company }} too.</p>\n{% endif %}\n<p>Bye.</p>"
        in made.html
    )


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))"]
)
def test_markup_typed_by_hand_stays_text(hostile):
    made = lay_out(hostile)
    assert "<script" not in made.html and "<img" not in made.html and 'href="javascript' not in made.html


def test_words_that_look_like_our_place_holders_do_no_harm():
    assert "lqz" not in lay_out("lqz99zql {{ a }}").text

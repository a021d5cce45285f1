"""Letters: compiled and plain Liquid say the same, limits hold, nothing gets out of a header."""

from __future__ import annotations

import email
import email.policy
import random
import string
from typing import Any

import pytest

from outreach.delivery import liquid
from outreach.delivery.liquid import TemplateFault
from outreach.delivery.mime import BadAddress, Letter, Words, mailbox, quoted, subject_line

TEMPLATE = """<h1>Hello {{ first_name | default: "there" }}{% if plan %}, on {{ plan }}{% endif %}</h1>
.leading dot {{ customer.name }}{{ customer.name }}
{% if score >= 9 %}Thank you for {{ score }}!{% elsif score >= 7 %}
{{ score }}? {{ missing.deep.path }}
{% else %}{% unless silent %}Sorry, {{ customer.attributes.city | upcase }}.{% else %} ... {% endunless %}{% endif %}
{% if organization.name %}{{ organization.name }} & co{% else %}never{% endif %}{% comment %} no {% endcomment %}
{{ note }}
{% if nothing_at_all %}   {% endif %}{{ flag }} {{ amount }} {{ customer.attributes["odd key"] }} {{ customer.size }}
<a href="https://x.example/?a=1&b={{ first_name | url_encode }}">{{ words | join: ", " }}</a> {{ words.first }}
"""
LOOP = "{% for word in words %}{{ forloop.index }}. {{ word }}\n{% endfor %}{% assign x = score | plus: 1 %}{{ x }}."
PIECES = [
    *(
        "",
        " ",
        ".",
        "..",
        "\n",
        "\r\n",
        "\r",
        "=",
        "==\n",
        "=3D",
        "\t",
        "<b>&amp;</b>",
        "{{ x }}",
        "{% if %}",
        "\x00",
        "\x0b",
    ),
    *(
        "日本語の文章です。",
        "Zoë",
        "🙂" * 20,
        "a" * 200,
        "x " * 80,
        "From me",
        ".\n.",
        "\u2028",
        "\xa0",
        " \n ",
        "'\"",
        "]]>",
    ),
]
CONSTANTS = {"organization": {"name": "Ünder & Sons", "colour": "#123456"}}


def random_value(dice: random.Random) -> Any:
    kind = dice.randrange(10)
    if kind < 5:
        return "".join(dice.choice(PIECES) for _ in range(dice.randrange(4)))
    if kind == 5:
        return "".join(dice.choice(string.printable) for _ in range(dice.randrange(90)))
    return dice.choice(
        [None, True, False, 0, 7, 9, 10, -3, 2.5, 10**15, [], ["a", "<b>", "日本"], {}, {"k": "v"}]
    )


def random_values(dice: random.Random) -> dict[str, Any]:
    names = ["first_name", "plan", "score", "silent", "note", "flag", "amount", "words"]
    values = {name: random_value(dice) for name in names if dice.random() < 0.85}
    values["score"] = dice.choice([0, 6, 7, 8, 9, 10, 7.5])
    if not isinstance(values.get("words"), list):
        values["words"] = ["one", "", "<three>"][: dice.randrange(4)]
    if dice.random() < 0.9:
        values["customer"] = {
            "name": random_value(dice),
            "attributes": {"city": random_value(dice), "odd key": random_value(dice)},
        }
    return values


def plain(source: str, values: dict[str, Any], *, html: bool) -> str:
    return liquid.render(liquid.parse(source, html=html), {**values, **CONSTANTS})


def breaks(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.row("F1", "merge fields (attributes, last order, their own words)", "fallback", "if/else")
@pytest.mark.parametrize("html", [TEMPLATE, TEMPLATE + LOOP], ids=["compiled", "with a loop"])
def test_3000_letters_read_back_are_what_liquid_writes(html):
    dice = random.Random(20261121)
    letter = Letter(
        Words(
            subject="{{ first_name }} & {{ note }}: {{ score }}",
            html=html,
            text=html,
            from_address="hello@acme.example",
            from_name="Acmé, Inc.",
            constants=CONSTANTS,
        )
    )
    assert letter.compiled is (html == TEMPLATE)
    for _ in range(3_000 if html == TEMPLATE else 300):
        values = random_values(dice)
        raw = letter.merge(values, to="a@b.example", message_id="1.2@acme.example", date=b"x")
        assert raw.isascii()
        assert b"\r\n." not in raw
        assert max(map(len, raw.split(b"\r\n"))) <= 78
        assert b"\n" not in raw.replace(b"\r\n", b"")
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        for kind, is_html in (("html", True), ("plain", False)):
            part = mail.get_body((kind,))
            read = part.get_payload(decode=True).decode("utf-8")
            assert (
                read == breaks(plain(html, values, html=is_html)).replace("\n", "\r\n") + "\r\n"
                or breaks(read) == breaks(plain(html, values, html=is_html)) + "\n"
            )


def test_a_subject_is_one_line_and_its_words_end_between_characters():
    dice = random.Random(7)
    for _ in range(2_000):
        text = "".join(dice.choice(PIECES) for _ in range(dice.randrange(8)))
        raw = b"Subject: " + subject_line(text) + b"\r\n\r\n"
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        assert list(mail.keys()) == ["Subject"]
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        wanted = "".join(" " if ord(c) < 32 or ord(c) == 127 else c for c in text)
        assert " ".join(str(mail["Subject"]).split()) == " ".join(wanted.split())


def test_quoted_pieces_join_in_any_order():
    import quopri

    dice = random.Random(3)
    for _ in range(2_000):
        texts = [
            "".join(dice.choice(PIECES) for _ in range(dice.randrange(4))) for _ in range(dice.randrange(5))
        ]
        raw = b"".join(map(quoted, texts))
        assert breaks(quopri.decodestring(raw).decode()) == "".join(map(breaks, texts))
        assert all(len(line) <= 76 and not line.startswith(b".") for line in raw.split(b"\r\n"))


@pytest.mark.parametrize(
    "source",
    [
        "{% if %}",
        "{{ a | nope }}",
        "{{ a",
        "{% include 'secrets' %}",
        "{% render 'secrets' %}",
        "{{ a | safe }}",
        "{% liquid echo a %}",
        "{{ (1..9999999999) | join: '' }}",
        "{% assign r = (1..9999999999) %}{{ r | join: '' }}",
        "{% if a %}" * 40,
        "x" * 300_000,
        "{% unknown %}",
        "{% endif %}",
    ],
)
def test_a_template_that_cannot_be_is_refused_in_words(source):
    with pytest.raises(TemplateFault) as fault:
        liquid.parse(source, html=True)
    assert str(fault.value)


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in (1..1000000000) %}x{% endfor %}",
        "{% for i in (1..1000) %}{% for j in (1..1000) %}x{% endfor %}{% endfor %}",
        "{{ 'a' " + "| replace: 'a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' " * 12 + "}}",
        "{% assign a = 'xxxxxxxxxx' %}" + "{% assign a = a | append: a %}" * 40 + "{{ a }}",
        "{% capture a %}"
        + "{{ a }}" * 10
        + "{% endcapture %}{% for i in (1..900) %}{% capture a %}{{ a }}{{ a }}x{% endcapture %}{% endfor %}{{ a }}",
        "{{ 9999999999 " + "| times: 9999999999 " * 30 + "}}",
        "{{ 1 | divided_by: 0 }}",
    ],
)
def test_a_template_that_would_never_end_or_grow_without_bound_stops(source):
    template = liquid.parse(source, html=True)
    with pytest.raises(TemplateFault):
        liquid.render(template, {})


def test_a_fault_says_its_line():
    with pytest.raises(TemplateFault) as fault:
        liquid.parse("one\ntwo\n{{ a | nope }}", html=False)
    assert fault.value.line == 3


@pytest.mark.parametrize(
    "probe",
    [
        "{{ settings.SECRET_KEY }}",
        "{{ customer.__class__ }}",
        "{{ customer.__class__.__mro__ }}",
        "{{ customer.items }}",
        "{{ customer['__init__']['__globals__'] }}",
        "{{ self }}{{ environment }}{{ env.SECRET_KEY }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ request.user.password }}",
    ],
)
def test_nothing_of_the_program_comes_out_of_a_template(probe, settings):
    settings.SECRET_KEY = "canary-4711"
    try:
        said = liquid.render(liquid.parse(probe, html=False), {"customer": {"name": "Ann"}})
    except TemplateFault:
        return
    assert said.strip() == ""


def test_values_are_escaped_where_they_stand_in_html_only():
    letter = Letter(
        Words(subject="{{ n }}", html="<p>{{ n }}</p>", text="{{ n }}", from_address="a@b.example")
    )
    raw = letter.merge({"n": "<script>&"}, to="x@y.example", message_id="1@x", date=b"x")
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert "&lt;script&gt;&amp;" in mail.get_body(("html",)).get_content()
    assert "<script>&" in mail.get_body(("plain",)).get_content()
    assert mail["Subject"] == "<script>&"


@pytest.mark.parametrize("name", ["from_name", "from_address", "reply_to"])
def test_a_line_break_in_a_fixed_header_is_refused(name):
    with pytest.raises(ValueError):
        Letter(
            Words(
                **{"subject": "s", "html": "h", "from_address": "a@b.example", name: "x@y.example\r\nBcc: z"}
            )
        )


@pytest.mark.parametrize(
    "address",
    ["", "a", "a@", "@b", "a b@c", "a@b>c", "a@b\r\nc", "<a@b>", "a@b,c@d", "a@b@c", "x" * 300 + "@b.c"],
)
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(BadAddress):
        mailbox(address)


def test_a_domain_is_written_in_ascii():
    assert mailbox("ann@bücher.example") == "ann@xn--bcher-kva.example"

"""Components and filters: what every page relies on."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.contrib.staticfiles import finders
from django.template import engines
from django.template.loader import get_template
from django.test import RequestFactory
from django.utils import timezone
from django_cotton.compiler_regex import CottonCompiler

from accounts.templatetags import loopwell
from config.bundling import style_files

EVIL = '<img src=x onerror="alert(1)">'
TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))


def render(source: str, **context) -> str:
    compiled = CottonCompiler().process(source)
    return engines["django"].from_string(compiled).render(context, RequestFactory().get("/"))


class Specimen(forms.Form):
    email = forms.EmailField(label="Work e-mail", help_text="Yours.")


def test_every_template_compiles():
    assert len(TEMPLATES) > 100
    for path in TEMPLATES:
        get_template(str(path.relative_to(settings.BASE_DIR / "templates")))


class Strict(HTMLParser):
    """Collects what the content security policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "style" or re.fullmatch("on[a-z]+", name) or (value or "").startswith("javascript:"):
                self.refused.append(f"{tag} {name}")


def test_no_template_has_what_the_policy_refuses():
    refused = {}
    for path in TEMPLATES:
        if "mail" not in path.parts and "email" not in path.parts:
            reader = Strict()
            reader.feed(path.read_text())
            if reader.refused:
                refused[path.name] = reader.refused
    assert refused == {}


def test_the_reader_of_templates_sees_an_inline_style():
    reader = Strict()
    reader.feed('<p style="color: red" onclick="x()"><a href="javascript:x()">')
    assert reader.refused == ["p style", "p onclick", "a href"]


@pytest.mark.parametrize(
    "source",
    [
        '<c-card title="{{ evil }}" note="{{ evil }}" foot="{{ evil }}">{{ evil }}</c-card>',
        "<c-quote>{{ evil }}</c-quote>",
        '<c-button :href="evil">{{ evil }}</c-button>',
        '<c-button not_yet="{{ evil }}">{{ evil }}</c-button>',
        '<c-field label="{{ evil }}" value="{{ evil }}" hint="{{ evil }}" error="{{ evil }}" />',
        '<c-empty title="{{ evil }}">{{ evil }}</c-empty>',
        '<c-tag href="{{ evil }}">{{ evil }}</c-tag>',
        '<c-dial :hours="3" text="{{ evil }}" note="{{ evil }}" />',
        '<c-bubble kind="theirs">{{ evil }}</c-bubble>',
        '<c-avatar name="{{ evil }}" />',
    ],
)
def test_words_of_others_stay_words(source):
    page = render(source, evil=EVIL)
    assert "<img" not in page
    assert "&amp;lt;" not in page, "and they are escaped once, not twice"


def test_a_field_ties_label_hint_and_error_to_its_control():
    page = render('<c-field :field="form.email" />', form=Specimen({"email": "twelve"}))
    assert 'for="id_email"' in page and 'aria-invalid="true"' in page
    assert 'id="id_email_helptext"' in page and 'id="id_email_error"' in page


def test_the_error_summary_links_to_each_field_and_takes_the_focus():
    page = render('<c-errors :form="form" />', form=Specimen({"email": "twelve"}))
    assert 'href="#id_email"' in page and "autofocus" in page and 'role="alert"' in page
    assert render('<c-errors :form="form" />', form=Specimen()).strip() == ""


def test_a_deed_that_is_not_yet_possible_says_why_and_can_be_focused():
    page = render('<c-button not_yet="No template is chosen.">Send</c-button>')
    assert 'aria-disabled="true"' in page and "No template is chosen." in page
    assert "disabled " not in page.replace("aria-disabled", "")


def test_a_score_is_shape_and_number_and_its_absence_is_not_zero():
    assert "Detractor" in render('<c-score :value="0" />') and ">0<" in render(
        '<c-score :value="0" />'
    ).replace("</span>0", ">0")
    assert "no score" in render("<c-score />") and "0" not in render("<c-score />").replace("viewBox", "")


def test_a_toast_offers_its_undo_as_a_form():
    told = Message(25, "Segment deleted.", extra_tags="undo=/o/acme/segments/1/restore/")
    page = render('<c-toast :messages="told" />', told=[told])
    assert 'action="/o/acme/segments/1/restore/"' in page and 'method="post"' in page
    assert "undo=" not in page


def test_a_confirmation_works_without_script():
    page = render(
        '<c-confirm title="Stop?" action="/x/" deed="Stop for 447 people" trigger="Stop for good">Sure.</c-confirm>'
    )
    assert "popovertarget=" in page and "<dialog" in page and " popover" in page and 'action="/x/"' in page


@pytest.mark.parametrize(
    ("value", "written"), [(37, "+37"), (-8, "−8"), (0, "0"), (-0.4, "0"), (None, "–"), (1204, "+1,204")]
)
def test_signs_are_true_signs(value, written):
    assert loopwell.signed(value) == written


def test_a_share_of_nobody_is_a_dash():
    assert loopwell.percent(loopwell.of(0, 0)) == "–"
    assert loopwell.percent(loopwell.of(1, 4)) == "25\N{NARROW NO-BREAK SPACE}%"


def test_a_moment_is_said_as_people_say_it():
    now = timezone.now()
    assert loopwell.moment(now).startswith("today ")
    assert loopwell.moment(now - timedelta(days=1)).startswith("yesterday ")
    assert str(now.year - 2) in loopwell.moment(now - timedelta(days=750))
    assert loopwell.moment(None) == "–"


@pytest.mark.parametrize(
    ("name", "written"), [("Ann Okafor", "AO"), ("Inès de la Tour", "IT"), ("", "?"), (None, "?"), ("x", "X")]
)
def test_initials(name, written):
    assert loopwell.initials(name) == written


def test_one_style_sheet_is_joined_from_all_and_names_its_layers_first():
    joined = Path(str(finders.find("css/loopwell.css"))).read_text(encoding="utf-8")
    assert joined.index("@layer tokens, base, components, layout, utilities") < 400
    assert all(part.read_text(encoding="utf-8").strip()[-60:] in joined for part in style_files())


def test_every_icon_that_a_page_names_exists():
    known = set(re.findall(r'id="([^"]+)"', (settings.BASE_DIR / "static" / "icons.svg").read_text()))
    named = {
        (path.name, name)
        for path in TEMPLATES
        for name in re.findall(r'(?:<c-icon name|\bicon)="([a-z0-9-]+)"', path.read_text())
    }
    named |= {
        (path.name, name)
        for path in settings.BASE_DIR.glob("*/navigation.py")
        for name in re.findall(r'Item\([^)]*"([a-z-]+)", \d+\)', path.read_text())
    }
    missing = {(where, name) for where, name in named if name not in known}
    assert missing == set()

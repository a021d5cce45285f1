"""Templates: faults named with their line, previews as sent, tests to oneself, deletions that can be undone."""

import pytest

from accounts.models import Deletion
from accounts.tenancy.context import acting_for
from outreach import templating
from outreach.models import FollowUp, SendKey, Template, Wording
from outreach.templating import InUse
from tests.factories.segments import AttributeFactory, CustomerFactory


def written(body: str, subject: str = "Hello", **facts) -> Template:
    facts = {"name": "Thanks", "message_class": "relationship", **facts}
    return Template(subject={"en": subject}, body={"en": body}, **facts)


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("One\n{{ customer.first_name", 2, ""),
        ("One\n\n{% if customer.stage %}open", 3, ""),
        ("{% for i in (1..100000) %}{% for j in (1..100000) %}x{% endfor %}{% endfor %}", None, ""),
        ("a\nb\n{{ custmer.first_name }}", 3, "There is no field “custmer.first_name”"),
        ("{{ customer.first_name | nonsense }}", 1, "nonsense"),
        ("{% include 'settings' %}", 1, ""),
    ],
)
def test_what_is_wrong_is_said_with_its_line(in_acme, body, line, words):
    found = templating.problems(written(body))
    assert found and found[0].field == "body"
    if line is not None:
        assert found[0].line == line
    assert words in found[0].message


@pytest.mark.row("F1", "fallback")
def test_a_field_that_may_be_empty_asks_for_a_fallback_and_does_not_insist(in_acme):
    template = written("Dear {{ customer.first_name }}, {{ customer.name | default: 'you' }}")
    assert not templating.problems(template)
    [warning] = templating.look_over(template)
    assert warning.warning and "customer.first_name" in warning.message


@pytest.mark.row("F1", "if/else")
@pytest.mark.row("F1", "preview on real customers")
def test_a_preview_reads_as_it_will_be_sent_for_a_real_customer(in_acme):
    AttributeFactory(key="store")
    template = written(
        "Dear {{ customer.first_name | default: 'there' }},\n\n"
        "{% if answer.score >= 9 %}glad{% else %}sorry{% endif %} from {{ customer.attributes.store }}"
    )
    ann = CustomerFactory(name="<b>Ann</b>", first_name="<b>Ann</b>", attributes={"store": "Leeds"})
    shown = templating.preview(template, ann)
    assert "Dear &lt;b&gt;Ann&lt;/b&gt;," in shown.html and "sorry from Leeds" in shown.html
    assert "Dear <b>Ann</b>," in shown.text
    assert "there" in templating.preview(template, CustomerFactory(name="", first_name="")).html


@pytest.mark.row("F1", "readable on all clients + text part")
def test_a_mail_has_a_text_part_inline_styles_a_way_out_and_the_postal_address(in_acme):
    wording = templating.freeze(written("Thank **you**, [look]({{ survey_link }})."), locale="en")
    assert "Thank you, look: {{ survey_link }}." in wording.text
    assert "{{ unsubscribe_link }}" in wording.text and "{{ preferences_link }}" in wording.html
    assert "1 Quay Street" in wording.text and "style=" in wording.html
    service = templating.freeze(written("Dear Ann.", message_class="service"), locale="en")
    assert "unsubscribe_link" not in service.html + service.text


def test_the_same_words_are_frozen_once_and_an_edit_changes_no_mail_underway(in_acme):
    template = written("One.")
    first = templating.freeze(template, locale="en")
    assert templating.freeze(template, locale="en") == first
    template.body = {"en": "Two."}
    assert templating.freeze(template, locale="en") != first
    assert "One." in Wording.objects.get(pk=first.pk).html


def test_a_template_in_use_is_not_deleted_and_says_who_uses_it(in_acme, mona, actor_of):
    template = written("Thanks.")
    template.save()
    FollowUp.objects.create(category="promoter", template=template, enabled=True)
    with pytest.raises(InUse, match="follow-up for Promoters"):
        templating.delete_template(template, by=actor_of(mona))
    FollowUp.objects.all().delete()
    templating.delete_template(template, by=actor_of(mona))
    assert not Template.objects.present().exists()


class TestPages:
    def url(self, acme, rest: str = "") -> str:
        return f"/o/{acme.slug}/templates/{rest}"

    def typed(self, **facts):
        return {
            "name": "Thanks", "message_class": "relationship", "default_locale": "en", "revision": 0,
            "subject": "Thank you", "body": "Dear {{ customer.first_name | default: 'there' }}.", **facts,
        }  # fmt: skip

    @pytest.mark.row("F1", "templates for e-mail")
    def test_a_template_is_written_shown_tested_and_put_away(self, as_, mona, acme):
        browser = as_(mona)
        assert "No templates yet" in browser.get(self.url(acme)).content.decode()
        made = browser.post(self.url(acme, "new/"), self.typed())
        assert made.status_code == 302
        with acting_for(acme):
            template = Template.objects.get()
            CustomerFactory(name="Ann Okafor", first_name="Ann")
        assert "Ann Okafor" in browser.get(made["Location"]).content.decode()
        preview = browser.get(self.url(acme, f"{template.pk}/preview/"))
        assert "Dear Ann." in preview.content.decode() and "sandbox" in preview["Content-Security-Policy"]
        text = browser.get(self.url(acme, f"{template.pk}/preview/?part=text"))
        assert text["Content-Type"].startswith("text/plain") and "Dear Ann." in text.content.decode()
        browser.post(self.url(acme, f"{template.pk}/deletion/"))
        with acting_for(acme):
            assert not Template.objects.present().exists()
            deletion = Deletion.objects.get().pk
        browser.post(self.url(acme, f"deletions/{deletion}/undo/"))
        with acting_for(acme):
            assert Template.objects.present().exists()

    @pytest.mark.row("F1", "test send")
    def test_a_test_goes_to_oneself_and_counts_nowhere(self, as_, mona, acme):
        with acting_for(acme):
            template = written("Dear {{ customer.first_name }}")
            template.save()
        as_(mona).post(self.url(acme, f"{template.pk}/test/"))
        with acting_for(acme):
            key = SendKey.objects.get()
            assert (key.origin_kind, key.mode, key.customer) == ("test", "test", None)

    def test_a_broken_text_is_said_beside_the_field_with_its_line_and_not_saved(self, as_, mona, acme):
        page = as_(mona).post(self.url(acme, "new/"), self.typed(body="One\n{{ customer.first_name"))
        assert page.status_code == 422 and "Line 2:" in page.content.decode()
        with acting_for(acme):
            assert not Template.objects.exists()

    def test_a_stale_save_keeps_the_text(self, as_, mona, adam, acme):
        with acting_for(acme):
            template = written("Old.")
            template.save()
        url = self.url(acme, f"{template.pk}/")
        assert as_(adam).post(url, self.typed(revision=1, body="Adam was here.")).status_code == 302
        page = as_(mona).post(url, self.typed(revision=1, body="My long text."))
        assert page.status_code == 409
        words = page.content.decode()
        assert "Adam Berg changed this in the meantime." in words and "My long text." in words

    def test_a_second_language_is_written_beside_the_first(self, as_, mona, acme):
        with acting_for(acme):
            template = written("Hello.")
            template.save()
        browser = as_(mona)
        opened = browser.post(self.url(acme, f"{template.pk}/languages/"), {"locale": "de"})
        browser.post(opened["Location"], self.typed(revision=1, subject="Danke", body="Hallo."))
        with acting_for(acme):
            assert Template.objects.get().body == {"en": "Hello.", "de": "Hallo."}

    def test_an_agent_reads_templates_and_writes_none(self, as_, agnes, acme):
        assert as_(agnes).get(self.url(acme)).status_code == 200
        assert as_(agnes).post(self.url(acme, "new/"), self.typed()).status_code == 403

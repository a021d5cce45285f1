"""Forms of the outreach pages: the form is the validation, the verb is the work."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from accounts.models.fields import LOCALE
from accounts.tenancy.forms import TenantModelForm
from outreach.models import Campaign, Case, FollowUp, MessageClass, Sender, Template
from outreach.templating import Problem, look_over
from segments.models import Segment


def _choices(form: forms.BaseForm, name: str, rows: Any, empty: Any = None) -> None:
    """What a choice offers: rows of the organization, made when the form is, under its context."""
    field: Any = form.fields[name]
    field.queryset = rows
    field.empty_label = _("Choose")
    if empty is not None:
        field.empty_label = empty
        field.required = False


def _sendable() -> Any:
    return Template.objects.present().exclude(message_class=MessageClass.SERVICE).order_by("name")


def _one_line(text: str) -> str:
    if "\r" in text or "\n" in text:
        raise ValidationError(_("A line break cannot stand in a mail header."))
    return text


class SenderForm(TenantModelForm):
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Sender
        fields = ["name", "address", "reply_to"]
        help_texts = {
            "name": _("What people see as the sender, such as “Alice at Harbour & Vale”."),
            "address": _(
                "We mail a link to this address. Nothing goes out from it before the link is followed."
            ),
            "reply_to": _("Empty: answers go to the address above."),
        }

    def clean_name(self) -> str:
        return _one_line(self.cleaned_data["name"])

    def clean_address(self) -> str:
        return _one_line(self.cleaned_data["address"]).lower()


class TemplateForm(forms.Form):
    """Name, class and languages of a template; the words of one language at a time are beside it."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Seen by your team only."))
    message_class = forms.ChoiceField(
        label=_("What kind of mail is it?"),
        choices=[
            (MessageClass.RELATIONSHIP, _("About their own matter: follow-ups, thanks, tips")),
            (MessageClass.MARKETING, _("Offers and news: only to those who allowed it")),
        ],
        widget=forms.RadioSelect,
    )
    default_locale = forms.CharField(widget=forms.HiddenInput, required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, template: Template, locale: str, **kwargs: Any) -> None:
        self.template = template
        self.locale = locale
        kwargs.setdefault(
            "initial",
            {
                "name": template.name,
                "message_class": template.message_class or MessageClass.RELATIONSHIP,
                "default_locale": template.default_locale,
                "revision": template.revision if template.pk else 0,
                "subject": template.subject.get(locale, ""),
                "body": template.body.get(locale, ""),
            },
        )
        super().__init__(*args, **kwargs)
        self.fields["subject"] = forms.CharField(
            label=_("Subject"), max_length=400, widget=forms.TextInput(attrs={"autocomplete": "off"})
        )
        self.fields["body"] = forms.CharField(
            label=_("Text"),
            widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "true"}),
            strip=False,
            help_text=_(
                "An empty line begins a paragraph. **bold**, [words of a link](https://...), - a list."
            ),
        )
        self.warnings: list[Problem] = []

    def clean_name(self) -> str:
        name = self.cleaned_data["name"].strip()
        twins = Template.objects.present().filter(name=name).exclude(pk=self.template.pk)
        if twins.exists():
            raise ValidationError(_("There is already a template with this name."))
        return name

    def clean(self) -> dict[str, Any]:
        """The words are tried as sending would; what is wrong stands beside the field, with its line."""
        cleaned = super().clean() or {}
        self.apply(cleaned)
        for problem in look_over(self.template):
            if problem.locale != self.locale:
                continue
            if problem.warning:
                self.warnings.append(problem)
            elif problem.field in self.fields and problem.field not in self.errors:
                self.add_error(problem.field, str(problem))
        return cleaned

    def apply(self, cleaned: dict[str, Any]) -> None:
        """Put what was typed on the template, without saving it."""
        self.template.name = cleaned.get("name") or self.template.name
        self.template.message_class = cleaned.get("message_class") or self.template.message_class
        self.template.subject = {**self.template.subject, self.locale: cleaned.get("subject", "")}
        self.template.body = {**self.template.body, self.locale: cleaned.get("body", "")}


class LanguageForm(forms.Form):
    """Add a language to a template."""

    locale = forms.CharField(label=_("Language"), max_length=16, help_text=_("A code such as de or pt-BR."))

    def clean_locale(self) -> str:
        locale = self.cleaned_data["locale"].strip()
        if not LOCALE.match(locale):
            raise ValidationError(
                _("“%(locale)s” is not a language code, such as en or pt-BR."), params={"locale": locale}
            )
        return locale


class CampaignForm(TenantModelForm):
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Campaign
        fields = ["name", "segment", "template", "sender"]
        labels = {"segment": _("Who gets it"), "template": _("What they get"), "sender": _("From")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "segment", Segment.objects.present().order_by("name"))
        _choices(self, "template", _sendable())
        verified = Sender.objects.filter(verified_at__isnull=False).order_by("name")
        _choices(self, "sender", verified, _("The default sender"))
        self.initial["revision"] = self.instance.revision if self.instance.pk else 0


class LaunchForm(forms.Form):
    """Now, or at an hour of the organization's zone."""

    when = forms.ChoiceField(
        label=_("When"), choices=[("now", _("Now")), ("later", _("At a set time"))], widget=forms.RadioSelect
    )
    at = forms.DateTimeField(
        label=_("Date and time"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        self.zone = ZoneInfo(zone)
        super().__init__(*args, **kwargs)
        self.fields["at"].help_text = _("In the time of the organization, %(zone)s.") % {
            "zone": zone.replace("_", " ")
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("when") == "now":
            cleaned["at"] = None
        elif cleaned.get("when") == "later" and "at" not in self.errors:
            typed: datetime | None = cleaned.get("at")
            if typed is None:
                self.add_error("at", _("Choose the date and time."))
            else:
                cleaned["at"] = typed.replace(tzinfo=self.zone)
                if cleaned["at"] <= timezone.now():
                    self.add_error("at", _("This time has passed."))
        return cleaned


class FollowUpForm(TenantModelForm):
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = FollowUp
        fields = ["enabled", "template", "delay_minutes"]
        labels = {
            "enabled": _("On"),
            "template": _("Template"),
            "delay_minutes": _("Minutes after the answer"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "template", _sendable(), _("None yet"))
        self.initial["revision"] = self.instance.revision

    def clean_delay_minutes(self) -> int:
        minutes = self.cleaned_data["delay_minutes"]
        if minutes > 60 * 24 * 3:
            raise ValidationError(_("At most three days (4320 minutes): later it is no answer any more."))
        return int(minutes)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("enabled") and not cleaned.get("template"):
            self.add_error("template", _("Choose a template to switch it on."))
        return cleaned


class ReplyForm(forms.Form):
    """An answer to the customer, by e-mail."""

    subject = forms.CharField(label=_("Subject"), max_length=200)
    text = forms.CharField(
        label=_("Your answer"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 6}), strip=False
    )

    def clean_subject(self) -> str:
        return _one_line(self.cleaned_data["subject"])

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if not text.strip():
            raise ValidationError(_("Write the answer first."))
        return text


class NoteForm(forms.Form):
    text = forms.CharField(
        label=_("Note"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 4}), strip=False
    )


class CallForm(forms.Form):
    text = forms.CharField(
        label=_("What was said"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )


class CloseForm(forms.Form):
    """A case is closed with a cause and an outcome."""

    cause = forms.CharField(
        label=_("Root cause"),
        max_length=120,
        widget=forms.TextInput(attrs={"list": "causes", "autocomplete": "off"}),
    )
    outcome = forms.ChoiceField(label=_("How it ended"), choices=[("", _("Choose")), *Case.Outcome.choices])
    text = forms.CharField(
        label=_("For the team"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 2})
    )


class AssignForm(forms.Form):
    owner = forms.ModelChoiceField(
        label=_("Give it to"),
        queryset=Membership.objects.none(),
        required=False,
        empty_label=_("Nobody: back to the queue"),
    )

    def __init__(self, *args: Any, members: list[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ids = [member.pk for member in members]
        _choices(self, "owner", Membership.objects.filter(pk__in=ids).select_related("user").by_name())


class OpenCaseForm(forms.Form):
    """Open a case by hand, for a customer found by address, name or key."""

    customer = forms.CharField(
        label=_("Customer"), max_length=254, help_text=_("E-mail address, name or customer number.")
    )
    reason = forms.CharField(
        label=_("What happened"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

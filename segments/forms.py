"""Forms of segments."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.acting import Actor
from accounts.models import Unit
from accounts.zones import zone_choices
from segments import stages
from segments.addresses import BadAddress, normal_email, normal_phone
from segments.models import Attribute, ContactRole, Customer, CustomerKey
from segments.values import BadValue, Value, as_text, read_text


class CustomerForm(forms.Form):
    """One customer: contact points, and a typed field for every declared attribute."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)
    first_name = forms.CharField(
        label=gettext_lazy("First name"), max_length=100, required=False,
        help_text=gettext_lazy("As a letter would begin: “Dear Ann”."),
    )  # fmt: skip
    email = forms.CharField(label=gettext_lazy("E-mail"), max_length=254, required=False,
                            widget=forms.EmailInput)  # fmt: skip
    phone = forms.CharField(
        label=gettext_lazy("Phone"), max_length=40, required=False,
        help_text=gettext_lazy("With its country: +44 117 496 0123."),
    )  # fmt: skip
    external_id = forms.CharField(
        label=gettext_lazy("External id"), max_length=200, required=False,
        help_text=gettext_lazy("What your own systems call this customer."),
    )  # fmt: skip
    company = forms.CharField(label=gettext_lazy("Company"), max_length=200, required=False)
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Role in the company"), required=False, choices=ContactRole.choices,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    unit: "forms.ModelChoiceField[Unit]" = forms.ModelChoiceField(
        label=gettext_lazy("Unit"), queryset=Unit.objects.none(), required=False,
        empty_label=gettext_lazy("the whole business"),
    )  # fmt: skip
    stage = forms.ChoiceField(
        label=gettext_lazy("Stage"), required=False,
        help_text=gettext_lazy("One that you choose stands, whatever the rules of the stages say."),
    )  # fmt: skip
    locale = forms.CharField(label=gettext_lazy("Language"), max_length=16, required=False)
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, by: Actor, customer: Customer | None = None, **kwargs: Any) -> None:
        self.by, self.customer = by, customer
        self.attributes = list(Attribute.objects.present())
        if customer is not None:
            kwargs["initial"] = {**_initial(customer, self.attributes), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        units = Unit.objects.all().alive().visible_to(by)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["unit"].required = by.branch_ids is not None
        zones = [("", gettext_lazy("the organization's")), *zone_choices()]
        self.fields["time_zone"].choices = zones  # type: ignore[attr-defined]
        named = stages.plan().names
        if customer is not None and customer.stage_told:
            named = {customer.stage: customer.stage, **named}
        by_rules = ("", gettext_lazy("as the rules of the stages say"))
        self.fields["stage"].choices = [by_rules, *named.items()]  # type: ignore[attr-defined]
        for attribute in self.attributes:
            self.fields[f"attribute_{attribute.key}"] = _field(attribute)

    def plain_fields(self) -> list[forms.BoundField]:
        return [
            self[name] for name in self.fields if not name.startswith("attribute_") and name != "revision"
        ]

    def attribute_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("attribute_")]

    def clean_email(self) -> str:
        text = self.cleaned_data["email"].strip()
        try:
            return normal_email(text) if text else ""
        except BadAddress as error:
            raise ValidationError(str(error)) from None

    def clean_phone(self) -> str:
        text = self.cleaned_data["phone"].strip()
        try:
            return normal_phone(text) if text else ""
        except BadAddress as error:
            raise ValidationError(str(error)) from None

    def clean_roles(self) -> str:
        return ContactRole.written(self.cleaned_data["roles"])

    def clean_external_id(self) -> str:
        text = self.cleaned_data["external_id"].strip()
        taken = CustomerKey.objects.filter(kind="external", source="", value=text)
        if self.customer is not None:
            taken = taken.exclude(customer=self.customer)
        if text and taken.exists():
            raise ValidationError(_("Another customer has this id."))
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for attribute in self.attributes:
            name = f"attribute_{attribute.key}"
            raw = cleaned.get(name)
            try:
                text = ";".join(raw) if isinstance(raw, list) else str(raw or "")
                cleaned[name] = read_text(attribute.kind, text, attribute.choices)
            except BadValue as error:
                self.add_error(name, str(error))
        if not self.errors and not any(cleaned.get(key) for key in ("name", "email", "phone", "external_id")):
            raise ValidationError(_("Give a name, an address or an id, so that this customer can be found."))
        return cleaned

    def values(self) -> dict[str, Value]:
        """Attribute key -> typed value, None where the field was left blank."""
        return {one.key: self.cleaned_data[f"attribute_{one.key}"] for one in self.attributes}


def _initial(customer: Customer, attributes: list[Attribute]) -> dict[str, Any]:
    key = customer.keys.filter(kind="external", source="").first()
    initial: dict[str, Any] = {
        "name": customer.name, "first_name": customer.first_name, "email": customer.email,
        "phone": customer.phone, "external_id": key.value if key else "",
        "company": customer.company.name if customer.company else "", "unit": customer.unit_id,
        "roles": customer.roles.split(),
        "stage": customer.stage if customer.stage_told else "",
        "locale": customer.locale, "time_zone": customer.time_zone,
        "revision": customer.revision,
    }  # fmt: skip
    for attribute in attributes:
        value = customer.attributes.get(attribute.key)
        shown = value if isinstance(value, list) and attribute.choices else as_text(attribute.kind, value)
        initial[f"attribute_{attribute.key}"] = shown
    return initial


def _field(attribute: Attribute) -> forms.Field:
    """The control that suits the kind; what was typed is read by read_text either way."""
    label = attribute.label
    if attribute.kind == "yes_no":
        return forms.ChoiceField(
            label=label, required=False, choices=[("", "–"), ("yes", _("yes")), ("no", _("no"))]
        )
    if attribute.kind == "choice" and attribute.choices:
        return forms.ChoiceField(
            label=label, required=False, choices=[("", "–"), *((one, one) for one in attribute.choices)]
        )
    if attribute.kind == "list" and attribute.choices:
        return forms.MultipleChoiceField(
            label=label, required=False, widget=forms.CheckboxSelectMultiple,
            choices=[(one, one) for one in attribute.choices],
        )  # fmt: skip
    if attribute.kind == "date":
        return forms.CharField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))
    if attribute.kind in ("number", "money"):
        hint = attribute.currency if attribute.kind == "money" else ""
        widget = forms.TextInput(attrs={"inputmode": "decimal"})
        return forms.CharField(label=label, required=False, widget=widget, help_text=hint, max_length=40)
    hint = _("Several, separated by semicolons.") if attribute.kind == "list" else ""
    return forms.CharField(label=label, required=False, max_length=2000, help_text=hint)

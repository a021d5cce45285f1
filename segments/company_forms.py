"""The form of a company."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from accounts.acting import Actor
from accounts.models import Membership
from accounts.zones import zone_choices
from segments.keeping_companies import FACTS, owners_of, read_revenue
from segments.models import Company
from segments.values import BadValue


class CompanyForm(forms.Form):
    """What is known of a company beside its people."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    owner: "forms.ModelChoiceField[Membership]" = forms.ModelChoiceField(
        label=gettext_lazy("Account owner"), queryset=Membership.objects.none(), required=False,
        empty_label=gettext_lazy("nobody"), help_text=gettext_lazy("Who of you answers for this company."),
    )  # fmt: skip
    revenue = forms.CharField(
        label=gettext_lazy("Revenue a year"), max_length=40, required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    renewal_date = forms.DateField(
        label=gettext_lazy("Renewal date"), required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )  # fmt: skip
    industry = forms.CharField(label=gettext_lazy("Industry"), max_length=120, required=False)
    domain = forms.CharField(label=gettext_lazy("Web domain"), max_length=253, required=False)
    external_id = forms.CharField(
        label=gettext_lazy("Your id"), max_length=200, required=False,
        help_text=gettext_lazy("What your own systems call this company."),
    )  # fmt: skip
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, by: Actor, company: Company, **kwargs: Any) -> None:
        initial: dict[str, Any] = {name: getattr(company, name) for name in FACTS}
        initial |= {"owner": company.owner_id, "revision": company.revision, "revenue": ""}
        if company.revenue is not None:
            initial["revenue"] = f"{company.revenue.normalize():f}"
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        owners = owners_of(by)
        if company.owner_id is not None:
            # Who owns it stays a choice, also for somebody who would not be offered them.
            owners = owners | Membership.objects.filter(pk=company.owner_id).select_related("user")
        self.fields["owner"].queryset = owners.distinct()  # type: ignore[attr-defined]
        self.fields["revenue"].help_text = company.currency or by.organization.currency
        zones = [("", gettext_lazy("the organization's")), *zone_choices()]
        self.fields["time_zone"].choices = zones  # type: ignore[attr-defined]

    def clean_revenue(self) -> Any:
        text = self.cleaned_data["revenue"].strip()
        try:
            return read_revenue(text) if text else None
        except BadValue as error:
            raise ValidationError(str(error)) from None

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in FACTS}

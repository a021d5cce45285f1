"""Forms about members, units, keys and one's own profile."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import roles
from accounts.acting import Actor
from accounts.forms.settings import LANGUAGES
from accounts.forms.signing import NO_ADDRESS, PASSWORD_HINT, PLAIN_NAME
from accounts.issuing_keys import grantable_scopes
from accounts.models.membership import Membership, Role
from accounts.models.mode import Mode
from accounts.models.unit import Unit
from accounts.models.user import User
from accounts.zones import zone_choices


def role_choices(by: Actor) -> list[tuple[str, Any]]:
    """The roles that this actor may give, each with its name."""
    own = by.membership.role if by.membership is not None else roles.OWNER
    return [(role, Role(role).label) for role in roles.grantable_roles(own)]


class UnitChoice(forms.ModelChoiceField):
    """A unit of the tree, indented by its depth."""

    def __init__(self, *, by: Actor, **kwargs: Any) -> None:
        whole = by.branch_ids is None
        super().__init__(
            Unit.objects.all().alive().visible_to(by).in_order(),
            required=not whole,
            empty_label=_("The whole business") if whole else None,
            **kwargs,
        )

    def label_from_instance(self, unit: Unit) -> str:
        return "\N{NO-BREAK SPACE}" * 3 * unit.depth + unit.name


class MemberForm(forms.Form):
    """Role and place of a member."""

    role = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["role"]).choices = role_choices(by)
        self.fields["unit"] = UnitChoice(
            by=by, label=_("Unit"), help_text=_("They see this unit and what is beneath it.")
        )


class InviteForm(MemberForm):
    field_order = ["email", "role", "unit"]

    email = forms.EmailField(
        label=gettext_lazy("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        self.order_fields(self.field_order)
        self.fields["role"].initial = roles.AGENT


class RemoveForm(forms.Form):
    """Who takes over, and what happens to the keys."""

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Membership.objects.filter(organization=membership.organization).exclude(pk=membership.pk)
        self.fields["heir"] = forms.ModelChoiceField(
            others.select_related("user").by_name(),
            label=_("Who takes over"),
            required=False,
            empty_label=_("Nobody for now"),
        )
        self.fields["revoke_keys"] = forms.BooleanField(
            label=_("Revoke the API keys they made"), required=False, initial=True
        )


class UnitForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, by: Actor, unit: Unit | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = UnitChoice(by=by, label=_("Beneath"))
        choice.empty_label = _("At the top") if by.branch_ids is None else None
        if unit is not None:
            choice.queryset = (
                Unit.objects.all()
                .alive()
                .visible_to(by)
                .in_order()
                .exclude(pk__in=Unit.objects.all().branch_ids(unit.pk))
            )
            if unit.parent_id is None:
                choice.required = False
        self.fields["parent"] = choice

    def accept_newer(self, revision: int) -> None:
        self.data = {**self.data, "revision": str(revision)}


class KeyForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("What it is for, so that you know later which one to revoke."),
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("Mode"),
        choices=[
            (Mode.TEST.value, gettext_lazy("test: what it writes never counts and wakes nobody")),
            (Mode.LIVE.value, gettext_lazy("live: it works on your real customers")),
        ],
        widget=forms.RadioSelect,
        initial=Mode.TEST.value,
    )

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"] = forms.MultipleChoiceField(
            label=_("Scopes"),
            choices=[(scope, scope) for scope in grantable_scopes(by)],
            widget=forms.CheckboxSelectMultiple,
            help_text=_("As few as the machine needs. You can give what you hold yourself."),
        )


NOTIFICATIONS = [
    ("alerts", gettext_lazy("Alerts about unhappy customers")),
    ("cases", gettext_lazy("Cases given to me, and cases running late")),
    ("improvements", gettext_lazy("Improvements in my unit")),
    ("digest", gettext_lazy("The weekly digest")),
]


class ProfileForm(forms.ModelForm):
    """A member's own facts, and which mails of this organization they want."""

    class Meta:
        model = User
        fields = ["name", "locale", "time_zone"]

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.membership = membership
        self.fields["name"].required = True
        self.fields["name"].validators += [PLAIN_NAME, NO_ADDRESS]
        organization_zone = membership.organization.time_zone
        self.fields["time_zone"].required = False
        self.fields["time_zone"].widget = forms.Select(
            choices=[("", _("As the organization: %(zone)s") % {"zone": organization_zone}), *zone_choices()]
        )
        self.fields["locale"].widget = forms.Select(choices=LANGUAGES)
        self.fields["locale"].help_text = _(
            "For dates and numbers; texts that are not translated stay English."
        )
        self.fields["notifications"] = forms.MultipleChoiceField(
            label=_("Mails to you"),
            choices=NOTIFICATIONS,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            initial=[key for key, _label in NOTIFICATIONS if membership.wants(key)],
        )

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit)
        chosen = self.cleaned_data["notifications"]
        self.membership.notifications = {key: key in chosen for key, _label in NOTIFICATIONS}
        self.membership.save(update_fields=["notifications"])
        return user


class AcceptForm(forms.Form):
    """A newcomer's name and password; the address is the one that was invited."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=120,
        validators=[PLAIN_NAME, NO_ADDRESS],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        help_text=PASSWORD_HINT,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        from django.contrib.auth.password_validation import validate_password

        cleaned = super().clean() or {}
        if password := cleaned.get("password"):
            try:
                validate_password(password, User(email=self.email, name=cleaned.get("name", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


class NewOrganizationForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Your business"), max_length=120, validators=[PLAIN_NAME, NO_ADDRESS]
    )
    time_zone = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"data-browser-zone": ""}))

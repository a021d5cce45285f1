"""Forms of sign-up, log-in and passwords; django-allauth does the work."""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.founding import found_organization
from accounts.models.user import User
from accounts.zones import zone_names

PASSWORD_HINT = _("At least 10 characters. A sentence is fine.")
# A name with an address in it turns our mails into somebody's advertisement.
PLAIN_NAME = RegexValidator(r"^[^<>\r\n]*$", _("A name has no < or > in it."))
NO_ADDRESS = RegexValidator(r"(?i)https?:|www\.", _("A name is not a web address."), inverse_match=True)


def _plain(form: forms.Form) -> None:
    """Labels stand above the controls, so placeholders would only say things twice."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


class SignUpForm(allauth_forms.SignupForm):
    field_order = ["business", "name", "email", "password1", "time_zone"]

    business = forms.CharField(
        label=_("Your business"),
        max_length=120,
        validators=[PLAIN_NAME, NO_ADDRESS],
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        validators=[PLAIN_NAME, NO_ADDRESS],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    # Filled by the browser; a person is never asked for it here.
    time_zone = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"data-browser-zone": ""}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("Work e-mail")
        self.fields["email"].widget.attrs["autocomplete"] = "email"
        self.fields["password1"].help_text = PASSWORD_HINT
        _plain(self)

    def clean_time_zone(self) -> str:
        given = self.cleaned_data.get("time_zone", "")
        return given if given in zone_names() else "UTC"

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        if self.account_already_exists:
            # The other path hashes a password; without this the clock would tell what the page does not.
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth when the user is saved: the organization comes with its owner."""
        found_organization(
            name=self.cleaned_data["business"], owner=user, time_zone=self.cleaned_data["time_zone"]
        )


class LogInForm(allauth_forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail")
        self.fields["login"].widget.attrs.update({"autocomplete": "username", "type": "email"})
        self.fields["password"].help_text = ""
        self.fields.pop("remember", None)
        _plain(self)


class ResetForm(allauth_forms.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail")
        _plain(self)


class NewPasswordForm(allauth_forms.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].label = _("New password")
        self.fields["password1"].help_text = PASSWORD_HINT
        self.fields["password2"].label = _("The same once more")
        _plain(self)


class ChangePasswordForm(allauth_forms.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Password until now")
        self.fields["password1"].label = _("New password")
        self.fields["password1"].help_text = PASSWORD_HINT
        self.fields["password2"].label = _("The same once more")
        _plain(self)

"""Public pages of the accounts app: no organization in the address, at the root of the site."""

from django.urls import URLPattern, URLResolver, path, re_path

from accounts.api.docs import api_docs
from accounts.public import choosing, files, invitations, signing

urlpatterns: list[URLPattern | URLResolver] = [
    path("", choosing.choose, name="choose"),
    path("organizations/new/", choosing.organization_new, name="organization_new"),
    path("sign-up/", signing.sign_up, name="account_signup"),
    path("log-in/", signing.log_in, name="account_login"),
    path("log-out/", signing.log_out, name="account_logout"),
    path("inactive/", signing.inactive, name="account_inactive"),
    path("confirm/", signing.mail_sent, name="account_email_verification_sent"),
    re_path(r"^confirm/(?P<key>[-:\w]+)/$", signing.confirm, name="account_confirm_email"),
    path("password/forgotten/", signing.reset, name="account_reset_password"),
    path("password/forgotten/sent/", signing.reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        signing.reset_by_key,
        name="account_reset_password_from_key",
    ),
    path("password/new/done/", signing.reset_by_key_done, name="account_reset_password_from_key_done"),
    path("password/change/", signing.change_password, name="account_change_password"),
    path("e-mail/", signing.change_email, name="account_email"),
    path("prove-again/", signing.prove_again, name="account_reauthenticate"),
    path("i/<token>/", invitations.invitation_accept, name="invitation_accept"),
    path("f/<token>/", files.public_file, name="public_file"),
    path("api/docs", api_docs, name="api_docs"),
]

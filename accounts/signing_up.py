"""What django-allauth asks us: mails, limits, names. All its hooks stand here."""

from functools import partial
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest

from accounts.addresses import address_prefix, visitor_address
from accounts.models.user import User

log = structlog.get_logger()


class Adapter(DefaultAccountAdapter):
    """Log-in by e-mail address. No answer tells whether an address is known."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user = super().save_user(request, user, form, commit=False)
        user.name = form.cleaned_data.get("name", "").strip()
        if commit:
            user.save()
        return user

    def get_client_ip(self, request: HttpRequest) -> str:
        """Limits count prefixes, and believe as many proxies as there are."""
        return address_prefix(visitor_address(request))

    def get_user_search_fields(self) -> list[str]:
        return ["email", "name"]

    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """After the commit, so that no mail tells of rows that were rolled back; a mail server that is gone
        costs the mail, which can be asked for again, and not the account."""
        request = allauth_context.request
        told = {"request": request, "email": email, **context}
        post_later(self.render_mail(template_prefix, email, told))

    def is_safe_url(self, url: str) -> bool:
        """Only addresses of this site: a path with exactly one leading slash."""
        return (
            bool(url)
            and url.startswith("/")
            and not url.startswith(("//", "/\\"))
            and super().is_safe_url(url)
        )


def post_later(message: EmailMessage) -> None:
    """Send a mail of the site itself (confirmation, reset, invitation of a member) once the rows are there."""
    transaction.on_commit(partial(_post, message), robust=True)


def _post(message: EmailMessage) -> None:
    try:
        message.send()
    except OSError as error:
        log.error("site_mail.failed", error=type(error).__name__)

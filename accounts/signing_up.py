"""What django-allauth asks us: mails, limits, names. All its hooks stand here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django.http import HttpRequest

from accounts.addresses import address_prefix, visitor_address
from accounts.models.user import User
from accounts.site_mail import post_later


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
        """After the commit; a mail server that is gone costs nobody the account, and for a minute not the mail."""
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

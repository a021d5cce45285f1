"""A person who logs in. One person may be a member of several organizations."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.zones import validate_zone


class UserManager(BaseUserManager["User"]):
    """Addresses are kept lower-cased: two spellings are one person."""

    use_in_migrations = True

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())

    def create_user(self, email: str, password: str | None = None, **facts: Any) -> "User":
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **facts)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **facts: Any) -> "User":
        return self.create_user(email, password, **{**facts, "is_staff": True, "is_superuser": True})


class User(AbstractBaseUser, PermissionsMixin):
    """Directory row, outside row security: it says who a person is, not what they may see."""

    email = models.EmailField(_("e-mail"), unique=True, max_length=254)
    name = models.CharField(_("name"), max_length=120, blank=True)
    locale = models.CharField(_("language"), max_length=16, default="en", blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, blank=True, default="", validators=[validate_zone]
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(_("operator"), default=False)
    # Raised when anything a person proves themselves with has changed: every session of before ends.
    session_generation = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return (self.name or self.email).split("@")[0].split(" ")[0]

    @property
    def initials(self) -> str:
        """Two letters for the round mark beside a name."""
        words = [word for word in (self.name or self.email.split("@")[0]).split() if word]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    def get_session_auth_hash(self) -> str:
        return self._session_hash(None)

    def get_session_auth_fallback_hash(self) -> Any:
        from django.conf import settings

        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(secret)

    def _session_hash(self, secret: str | None) -> str:
        proof = f"{self.password}|{self.email}|{self.session_generation}"
        return salted_hmac(
            "accounts.models.user.session", proof, secret=secret, algorithm="sha256"
        ).hexdigest()

"""API keys: made and shown once, presented, noted as used, revoked."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import roles
from accounts.acting import Actor
from accounts.auditing import audit
from accounts.models.api_key import ApiKey
from accounts.models.key_prefix import KeyPrefix
from accounts.models.mode import Mode
from accounts.models.organization import Organization

SHAPE = re.compile(r"^lw_(?P<mode>live|test)_(?P<prefix>[a-z0-9]{12})_(?P<secret>[A-Za-z0-9]{43})$")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
# Writing the time of each request would make one hot row of each key.
NOTED_EVERY = timedelta(seconds=60)


class KeyRefused(Exception):
    """The key cannot be made as asked; the sentence says why."""


@dataclass(frozen=True)
class Presented:
    """A key as it came in: whose it claims to be, not yet proved."""

    organization: Organization
    mode: str
    prefix: str
    secret: str


@dataclass(frozen=True)
class Issued:
    """A new key, and the only moment at which its text is known."""

    key: ApiKey
    text: str


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def issue_key(*, name: str, scopes: Sequence[str], mode: str, by: Actor) -> Issued:
    """Make a key whose scopes are held by its maker. Raises KeyRefused, NotAllowed."""
    by.require("key.manage")
    wanted = sorted(set(scopes))
    if not wanted:
        raise KeyRefused(_("Choose at least one scope."))
    if beyond := [scope for scope in wanted if scope not in grantable_scopes(by)]:
        raise KeyRefused(
            _("You cannot give what you do not hold: %(scopes)s.") % {"scopes": ", ".join(beyond)}
        )
    if mode not in (Mode.LIVE.value, Mode.TEST.value):
        raise KeyRefused(_("A key is live or test."))
    if by.kind == "key" and by.mode == Mode.TEST.value and mode != Mode.TEST.value:
        raise KeyRefused(_("A test key makes test keys only."))
    prefix = "".join(secrets.choice(LETTERS) for _each in range(12))
    secret = _alphanumeric(43)
    KeyPrefix.objects.create(prefix=prefix, organization=by.organization)
    bearer = by.membership or by.key
    key = ApiKey.objects.create(
        name=name,
        mode=mode,
        prefix=prefix,
        secret_hash=_hash(secret),
        scopes=wanted,
        unit_id=bearer.unit_id if bearer is not None else None,
        created_by_id=by.user_id,
    )
    audit("key.manage", key, by=by, did="created", scopes=wanted, mode=mode)
    return Issued(key, f"lw_{mode}_{prefix}_{secret}")


def grantable_scopes(by: Actor) -> list[str]:
    """The scopes that this actor may put on a key: those they hold themselves."""
    if by.membership is not None:
        return roles.scopes_of(by.membership.role)
    if by.key is not None:
        return sorted(by.key.scopes)
    return roles.all_scopes()


def revoke_key(key: ApiKey, *, by: Actor) -> ApiKey:
    """End a key; the next request that brings it is refused. Revoking twice is revoking once."""
    by.require("key.manage")
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        audit("key.manage", key, by=by, did="revoked")
    return key


def read_key(header: str, *, basic: bool = False) -> Presented | None:
    """What an Authorization header presents, if it has the shape of a key and its prefix is known.

    With `basic` also the user name of Basic authentication, with the colon after it or without.
    """
    kind, _space, text = header.partition(" ")
    if basic and kind.lower() == "basic":
        kind, text = "bearer", _user_name(text.strip())
    match = SHAPE.match(text.strip()) if kind.lower() == "bearer" else None
    if match is None:
        return None
    known = (
        KeyPrefix.objects.filter(prefix=match["prefix"], organization__deleted_at=None)
        .select_related("organization")
        .first()
    )
    return Presented(known.organization, match["mode"], match["prefix"], match["secret"]) if known else None


def _user_name(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode("ascii").partition(":")[0]
    except ValueError:
        return ""


def prove_key(presented: Presented) -> ApiKey | None:
    """The key itself, in its organization's context, if the secret is right and it was not revoked."""
    key = ApiKey.objects.alive().filter(prefix=presented.prefix, mode=presented.mode).first()
    if key is None or not hmac.compare_digest(key.secret_hash, _hash(presented.secret)):
        return None
    _note_use(key)
    return key


def _note_use(key: ApiKey) -> None:
    """Write the time, at most once a minute, and never wait for another request that is writing it."""
    now = timezone.now()
    if key.last_used_at is not None and now - key.last_used_at <= NOTED_EVERY:
        return
    free = ApiKey.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=key.pk)
    if free.values_list("pk", flat=True).first() is not None:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
        key.last_used_at = now


def _alphanumeric(length: int) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(secrets.choice(letters) for _each in range(length))

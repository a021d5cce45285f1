"""Nouns of accounts: one file per noun, gathered here."""

from accounts.models.api_key import ApiKey
from accounts.models.audit_entry import AuditEntry
from accounts.models.deletion import Deletion
from accounts.models.doorbell import Doorbell
from accounts.models.editable import Editable, Stale
from accounts.models.fields import LocaleMap
from accounts.models.idempotency import IdempotentAnswer
from accounts.models.key_prefix import KeyPrefix
from accounts.models.member_invitation import MemberInvitation
from accounts.models.membership import Membership, Role
from accounts.models.mode import Mode
from accounts.models.news import News
from accounts.models.organization import Organization
from accounts.models.stored_file import StoredFile
from accounts.models.unit import BranchQuerySet, Unit
from accounts.models.user import User

__all__ = [
    "ApiKey",
    "AuditEntry",
    "BranchQuerySet",
    "Deletion",
    "Doorbell",
    "Editable",
    "IdempotentAnswer",
    "KeyPrefix",
    "LocaleMap",
    "MemberInvitation",
    "Membership",
    "Mode",
    "News",
    "Organization",
    "Role",
    "Stale",
    "StoredFile",
    "Unit",
    "User",
]

"""The audit log as sentences. Names are joined here, when it is read; an erased name is gone here too.

Each app plugs its sentences in through config/sockets.py, AUDIT_SENTENCES: a map of "action" or "action/did"
to a sentence with %(actor)s, %(subject)s and whatever the details hold. An action without a sentence of its
own is told by the label of the action table.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models.api_key import ApiKey
from accounts.models.audit_entry import AuditEntry
from accounts.models.membership import Role
from accounts.models.user import User
from accounts.roles import ACTIONS
from accounts.sockets import plugged

SENTENCES: dict[str, str | Promise] = {
    "settings.edit": gettext_lazy("%(actor)s changed the settings: %(fields)s"),
    "settings.edit/founded": gettext_lazy("%(actor)s founded the organization"),
    "settings.edit/logo set": gettext_lazy("%(actor)s set a new logo"),
    "settings.edit/logo removed": gettext_lazy("%(actor)s removed the logo"),
    "member.invite/invited": gettext_lazy("%(actor)s invited %(subject)s as %(role)s"),
    "member.invite/invited again": gettext_lazy("%(actor)s sent %(subject)s the invitation again"),
    "member.invite/revoked": gettext_lazy("%(actor)s took back the invitation of %(subject)s"),
    "member.invite/changed": gettext_lazy("%(actor)s made %(subject)s %(role)s (was %(was)s)"),
    "member.invite/removed": gettext_lazy("%(actor)s removed %(user)s (%(role)s)"),
    "member.own/joined": gettext_lazy("%(actor)s joined as %(role)s"),
    "member.own/left": gettext_lazy("%(user)s left (%(role)s)"),
    "member.own": gettext_lazy("%(actor)s changed their own profile"),
    "unit.edit/created": gettext_lazy("%(actor)s added the unit %(subject)s"),
    "unit.edit/changed": gettext_lazy("%(actor)s changed the unit %(subject)s"),
    "unit.edit/deleted": gettext_lazy("%(actor)s put the unit %(subject)s away"),
    "unit.edit/restored": gettext_lazy("%(actor)s took the unit %(subject)s back"),
    "key.manage/created": gettext_lazy("%(actor)s made the %(mode)s key %(subject)s for %(scopes)s"),
    "key.manage/revoked": gettext_lazy("%(actor)s revoked the key %(subject)s"),
}


@dataclass(frozen=True)
class Told:
    """One line of the log."""

    entry: AuditEntry
    actor: str
    sentence: str


class _Words(dict[str, Any]):
    """A detail that the entry does not hold is a dash, not a broken page."""

    def __missing__(self, key: str) -> str:
        return "–"


@cache
def sentences() -> dict[str, str | Promise]:
    found: dict[str, str | Promise] = dict(SENTENCES)
    for each in plugged("AUDIT_SENTENCES"):
        found.update(each)
    return found


def tell(entries: Iterable[AuditEntry]) -> list[Told]:
    """Each entry with its sentence, in the reader's language; a handful of queries for a page of them."""
    listed = list(entries)
    users = User.objects.in_bulk(
        {entry.actor_user for entry in listed if entry.actor_user}
        | {entry.details["user"] for entry in listed if isinstance(entry.details.get("user"), int)}
    )
    keys = ApiKey.objects.in_bulk({entry.actor_key for entry in listed if entry.actor_key})
    subjects = _subjects(listed)
    return [_tell(entry, users, keys, subjects) for entry in listed]


def _tell(
    entry: AuditEntry,
    users: Mapping[int, User],
    keys: Mapping[int, ApiKey],
    subjects: Mapping[tuple[str, int], str],
) -> Told:
    actor = _actor(entry, users, keys)
    subject = subjects.get((entry.subject_type, entry.subject or 0), "")
    did = entry.details.get("did", "")
    sentence = sentences().get(f"{entry.action}/{did}") or sentences().get(entry.action)
    if sentence is None:
        deed = ACTIONS[entry.action].label if entry.action in ACTIONS else entry.action
        told = f"{actor}: {did or deed}" + (f" – {subject}" if subject else "")
        return Told(entry, actor, told)
    words = _Words({key: _plain(key, value, users) for key, value in entry.details.items()})
    words.update(actor=actor, subject=subject or _("something that is gone"))
    return Told(entry, actor, str(sentence) % words)


def _actor(entry: AuditEntry, users: Mapping[int, User], keys: Mapping[int, ApiKey]) -> str:
    if entry.actor_kind == AuditEntry.By.KEY:
        key = keys.get(entry.actor_key or 0)
        return _("Key %(name)s") % {"name": key.name if key else _("that is gone")}
    if entry.actor_kind == AuditEntry.By.SYSTEM:
        return "Loopwell"
    if entry.actor_kind == AuditEntry.By.OPERATOR:
        return _("The operator")
    user = users.get(entry.actor_user or 0)
    return str(user) if user else _("Someone who left")


def _plain(key: str, value: Any, users: Mapping[int, User]) -> str:
    if key == "user" and isinstance(value, int):
        return str(users[value]) if value in users else _("someone who left")
    if key in ("role", "was") and value in Role.values:
        return str(Role(value).label)
    if isinstance(value, list):
        return ", ".join(str(each).replace("_", " ") for each in value) or "–"
    return str(value)


def _subjects(entries: list[AuditEntry]) -> dict[tuple[str, int], str]:
    """What the subjects are called today, one query per kind of subject."""
    wanted: dict[str, set[int]] = {}
    for entry in entries:
        if entry.subject_type and entry.subject:
            wanted.setdefault(entry.subject_type, set()).add(entry.subject)
    found: dict[tuple[str, int], str] = {}
    for label, ids in wanted.items():
        try:
            model = apps.get_model(label)
        except LookupError:
            continue
        rows = model._default_manager.filter(pk__in=ids)
        if label == "accounts.membership":
            rows = rows.select_related("user")
        found.update({(label, row.pk): str(row) for row in rows})
    return found

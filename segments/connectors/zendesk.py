"""Zendesk: tickets in as touchpoints, cases as tickets both ways, scores and segments back onto its users."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from segments.connectors.base import (
    Access,
    AccessEnded,
    Account,
    Connector,
    Entry,
    Facts,
    NotTaken,
    Page,
    Place,
    Remote,
    Task,
    Their,
    Ticket,
    Written,
)
from segments.connectors.calling import Caller, instant

# Our own tickets carry this and the name of what they stand for as their external id.
OURS = "loopwell-"
SOLVED = frozenset({"solved", "closed"})
GONE = "deleted"
CUSTOM = "user_fields."
KINDS = {
    "text": "text", "textarea": "text", "regexp": "text", "dropdown": "other", "integer": "number",
    "decimal": "number", "date": "date", "checkbox": "yes_no",
}  # fmt: skip
MADE_AS = {"text": "text", "number": "integer", "instant": "date"}
PLAIN = (
    ("name", gettext_lazy("Name")),
    ("email", gettext_lazy("E-mail")),
    ("phone", gettext_lazy("Phone")),
    ("external_id", gettext_lazy("External id")),
    ("locale", gettext_lazy("Language")),
    ("time_zone", gettext_lazy("Time zone")),
)


class Zendesk(Connector):
    vendor = "zendesk"
    # Each is a request of its own.
    batch = 10
    brings_people = False
    brings_tickets = True
    can_make_fields = True
    # Ten exports a minute are allowed, for all who ask.
    pause = 60
    entries = (
        Entry(
            "account",
            gettext_lazy("Subdomain"),
            hint=gettext_lazy("The part before .zendesk.com in the address of your Zendesk."),
        ),
        Entry("email", gettext_lazy("E-mail address of an admin there")),
        Entry(
            "api_token",
            gettext_lazy("API token"),
            secret=True,
            hint=gettext_lazy("In Zendesk: Admin Center, Apps and integrations, Zendesk API."),
        ),
    )
    likely_in: ClassVar[dict[str, tuple[str, ...]]] = {
        "email": ("email",),
        "name": ("name",),
        "external_id": ("external_id",),
    }
    likely_out: ClassVar[dict[str, str]] = {
        name: f"{CUSTOM}loopwell_{name}"
        for name in ("score", "category", "previous_category", "movement", "answered_at", "stage", "segments")
    }

    def __init__(self, account: str, access: Access) -> None:
        super().__init__(account, access)
        who = f"{access.secret.get('email', '')}/token:{access.secret.get('api_token', '')}"
        proof = "Basic " + base64.b64encode(who.encode()).decode()
        self.call = Caller(
            settings.CONNECTOR_ADDRESSES["zendesk"].replace("{account}", account),
            access,
            prove=lambda: {"Authorization": proof},
            renew=None,
            explain=_words,
        )

    def trial(self) -> Account:
        me = (self.call("GET", "/api/v2/users/me.json") or {}).get("user") or {}
        if not me.get("id"):
            # A stranger is answered too, as somebody without a number.
            raise AccessEnded(_("It does not know this address and token."))
        fields = self.call("GET", "/api/v2/user_fields.json") or {}
        found = [
            Their(CUSTOM + str(one["key"]), str(one.get("title") or one["key"]), _kind(one))
            for one in fields.get("user_fields", [])
            if one.get("active", True)
        ]
        plain = [Their(name, str(label), "text", writable=False) for name, label in PLAIN]
        return Account(self.account, (*plain, *found))

    # what comes in

    def changed(self, place: Place, wanted: Sequence[str]) -> Page:
        query = {"include": "users"}
        if place.get("cursor"):
            query["cursor"] = str(place["cursor"])
        else:
            query["start_time"] = str(place.get("start", 0))
        told = self.call("GET", "/api/v2/incremental/tickets/cursor.json", query=query)
        users = {str(one["id"]): _remote(one, wanted) for one in told.get("users", [])}
        tickets = tuple(_ticket(one, users) for one in told.get("tickets", []) if one.get("status") != GONE)
        cursor = told.get("after_cursor") or place.get("cursor")
        return Page(
            {"cursor": cursor} if cursor else dict(place), bool(told["end_of_stream"]), tickets=tickets
        )

    def people(self, ids: Sequence[str], wanted: Sequence[str]) -> list[Remote]:
        told = self.call("GET", "/api/v2/users/show_many.json", query={"ids": ",".join(ids)})
        return [_remote(one, wanted) for one in told.get("users", [])]

    # what goes out

    def find(self, email: str) -> str:
        quoted = email.replace("\\", "").replace('"', "")
        told = self.call("GET", "/api/v2/users/search.json", query={"query": f'email:"{quoted}"'})
        found = [one for one in told["users"] if str(one.get("email")).lower() == email.lower()]
        return str(found[0]["id"]) if found else ""

    def write(self, people: Sequence[Facts], *, make: bool) -> list[Written]:
        return [self._write(one, make=make) for one in people]

    def _write(self, person: Facts, *, make: bool) -> Written:
        facts = {"user_fields": {n.removeprefix(CUSTOM): v for n, v in person.values.items()}}
        theirs = person.id
        if not theirs and not person.email:
            return Written()
        theirs = theirs or self.find(person.email)
        try:
            if theirs:
                self.call("PUT", f"/api/v2/users/{theirs}.json", {"user": facts})
            elif make:
                user = {"name": person.name or person.email, "email": person.email, **facts}
                made = self.call("POST", "/api/v2/users/create_or_update.json", {"user": user})
                theirs = str(made["user"]["id"])
        except NotTaken as refusal:
            return Written(theirs, str(refusal))
        return Written(theirs)

    def put_task(self, task: Task, known: str, *, unsure: bool) -> str:
        if not known and unsure:
            # An idempotency key is forgotten after two hours.
            told = self.call("GET", "/api/v2/tickets.json", query={"external_id": OURS + task.name})
            known = str(told["tickets"][0]["id"]) if told["tickets"] else ""
        status = "solved" if task.done else "open"
        if known:
            self.call("PUT", f"/api/v2/tickets/{known}.json", {"ticket": {"status": status}})
            return known
        ticket: dict[str, Any] = {
            "subject": task.title,
            # Seen by the team alone: what a customer answered in a survey is not mailed back to them.
            "comment": {"body": task.text, "public": False},
            "external_id": OURS + task.name,
            "status": status,
            "priority": "high",
            "tags": ["loopwell"],
        }
        if task.person:
            ticket["requester_id"] = int(task.person)
        elif task.email:
            ticket["requester"] = {"name": task.who or task.email, "email": task.email}
        made = self.call(
            "POST", "/api/v2/tickets.json", {"ticket": ticket}, headers={"Idempotency-Key": OURS + task.name}
        )
        return str(made["ticket"]["id"])

    def make_fields(self, wanted: Sequence[Their]) -> None:
        for one in wanted:
            field = {
                "key": one.name.removeprefix(CUSTOM),
                "title": one.label,
                "type": MADE_AS.get(one.kind, "text"),
            }
            self.call("POST", "/api/v2/user_fields.json", {"user_field": field})


def _kind(field: Mapping[str, Any]) -> str:
    return KINDS.get(str(field.get("type")), "other")


def _remote(user: Mapping[str, Any], wanted: Sequence[str]) -> Remote:
    custom = user.get("user_fields") or {}
    return Remote(
        str(user["id"]),
        {
            name: custom.get(name.removeprefix(CUSTOM)) if name.startswith(CUSTOM) else user.get(name)
            for name in wanted
        },
    )


def _ticket(told: Mapping[str, Any], users: Mapping[str, Remote]) -> Ticket:
    ours = str(told.get("external_id") or "")
    return Ticket(
        id=str(told["id"]),
        subject=str(told.get("subject") or "")[:200],
        opened_at=instant(told.get("created_at")) or datetime.now(UTC),
        changed_at=instant(told.get("updated_at")) or datetime.now(UTC),
        solved=told.get("status") in SOLVED,
        person=users.get(str(told.get("requester_id"))),
        channel=str((told.get("via") or {}).get("channel") or "")[:40],
        case=ours.removeprefix(OURS) if ours.startswith(OURS) else "",
    )


def _words(told: Any) -> str:
    if not isinstance(told, dict):
        return ""
    details = told.get("details")
    if isinstance(details, dict):
        said = [
            str(one.get("description", ""))
            for several in details.values()
            if isinstance(several, list)
            for one in several
            if isinstance(one, dict)
        ]
        if any(said):
            return "; ".join(said)
    error = told.get("error")
    if isinstance(error, dict):
        return str(error.get("message") or error.get("title") or "")
    return str(told.get("description") or error or "")

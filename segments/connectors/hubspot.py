"""HubSpot: contacts in, scores and segments back, cases as tasks (CRM API v3).

Reading walks the search by the stamp of the last change, never by pages: a page is counted from the front, so a
contact that changes while its page is behind us would push another over the edge, and no search goes further than
10,000 (https://developers.hubspot.com/docs/api/crm/search). Contacts call the stamp `lastmodifieddate`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from segments.connectors.base import (
    Access,
    Account,
    Connector,
    Entry,
    Facts,
    NotNow,
    Page,
    Place,
    Remote,
    Task,
    Their,
    Written,
)
from segments.connectors.calling import Caller, instant, iso, token

CONTACTS = "/crm/v3/objects/contacts"
TASKS = "/crm/v3/objects/tasks"
STAMP = "lastmodifieddate"
NAME = "@name"
LIMIT = 100
BETWEEN = 0.25
# A task about a contact, among the associations that HubSpot defines.
TASK_TO_CONTACT = 204
# What was changed a moment ago may not be found yet.
LAG = timedelta(seconds=60)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
KINDS = {"string": "text", "number": "number", "date": "date", "datetime": "instant", "bool": "yes_no"}
MADE_AS = {"text": ("string", "text"), "number": ("number", "number"), "instant": ("datetime", "date")}


class HubSpot(Connector):
    vendor = "hubspot"
    batch = 100
    can_make_fields = True
    pause = 60
    entries = (
        Entry(
            "access_token",
            gettext_lazy("Access token of a private app"),
            secret=True,
            optional=True,
            hint=gettext_lazy(
                "In HubSpot: Settings, Integrations, Private apps. It needs to read and write contacts."
            ),
        ),
        Entry("client_id", gettext_lazy("or: client id of your app"), optional=True),
        Entry("client_secret", gettext_lazy("client secret"), secret=True, optional=True),
        Entry("refresh_token", gettext_lazy("refresh token"), secret=True, optional=True),
    )
    likely_in: ClassVar[dict[str, tuple[str, ...]]] = {
        "email": ("email",),
        "name": (NAME,),
        "first_name": ("firstname",),
        "company": ("company",),
        "locale": ("hs_language",),
    }
    likely_out: ClassVar[dict[str, str]] = {
        name: f"loopwell_{name}"
        for name in (
            "score", "category", "previous_category", "movement", "answered_at", "touchpoint", "stage",
            "segments",
        )
    }  # fmt: skip

    def __init__(self, account: str, access: Access) -> None:
        super().__init__(account, access)
        self.base = settings.CONNECTOR_ADDRESSES["hubspot"]
        self._searched = 0.0
        renews = bool(access.secret.get("refresh_token"))
        if renews and not access.secret.get("access_token"):
            access.until = BEGINNING
        self.call = Caller(
            self.base,
            access,
            prove=lambda: {"Authorization": f"Bearer {access.secret.get('access_token', '')}"},
            renew=self._renew if renews else None,
            explain=_words,
        )

    def _renew(self) -> None:
        secret = self.access.secret
        said = token(
            f"{self.base}/oauth/v1/token",
            {
                "grant_type": "refresh_token",
                "client_id": secret.get("client_id", ""),
                "client_secret": secret.get("client_secret", ""),
                "refresh_token": secret["refresh_token"],
            },
        )
        lasts = said.get("expires_in")
        until = timezone.now() + timedelta(seconds=lasts if isinstance(lasts, int) else 1_800)
        secret |= {name: said[name] for name in ("access_token", "refresh_token") if said.get(name)}
        self.access.until = until
        self.access.keep(secret, until)

    def trial(self) -> Account:
        told = self.call("GET", "/account-info/v3/details") or {}
        fields = self.call("GET", "/crm/v3/properties/contacts") or {}
        found = [
            Their(
                str(one["name"]),
                str(one.get("label") or one["name"]),
                KINDS.get(str(one.get("type")), "text" if one.get("type") == "enumeration" else "other"),
                not (one.get("modificationMetadata") or {}).get("readOnlyValue", False),
            )
            for one in fields.get("results", [])
            if not one.get("hidden")
        ]
        whole = Their(NAME, _("First and last name"), "text", writable=False)
        return Account(_("account %(id)s") % {"id": told.get("portalId", "")}, (whole, *found))

    # what comes in

    def changed(self, place: Place, wanted: Sequence[str]) -> Page:
        since = instant(place.get("since")) or BEGINNING
        if "within" in place:
            return self._within(since, int(place["within"]), wanted)
        operator = "GT" if place.get("past") else "GTE"
        rows = self._search([_filter(STAMP, operator, _ms(since))], STAMP, wanted)
        known = set(place.get("seen", ()))
        people = tuple(
            _remote(row, wanted) for row in rows if not (str(row["id"]) in known and _stamp(row) == since)
        )
        if len(rows) < LIMIT:
            last = _stamp(rows[-1]) if rows else since
            return Page(_rest(last, rows, known if last == since else set()), True, people)
        last = _stamp(rows[-1])
        if last == since:
            # More changed in one and the same millisecond than a page holds: these go by their number.
            return Page({"since": iso(since), "within": 0}, False, people)
        seen = [str(row["id"]) for row in rows if _stamp(row) == last]
        return Page({"since": iso(last), "seen": seen}, False, people)

    def _within(self, since: datetime, after: int, wanted: Sequence[str]) -> Page:
        filters = [_filter(STAMP, "EQ", _ms(since)), _filter("hs_object_id", "GT", str(after))]
        rows = self._search(filters, "hs_object_id", wanted)
        people = tuple(_remote(row, wanted) for row in rows)
        if len(rows) < LIMIT:
            return Page({"since": iso(since), "past": True}, False, people)
        return Page({"since": iso(since), "within": int(rows[-1]["id"])}, False, people)

    def _search(
        self, filters: list[dict[str, str]], sort: str, wanted: Sequence[str]
    ) -> list[dict[str, Any]]:
        # Five searches a second are allowed, for all who ask.
        time.sleep(max(0.0, self._searched + BETWEEN - time.monotonic()))
        self._searched = time.monotonic()
        told = self.call(
            "POST",
            f"{CONTACTS}/search",
            {
                "filterGroups": [{"filters": filters}],
                "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
                "properties": [STAMP, *_asked(wanted)],
                "limit": LIMIT,
            },
        )
        return list(told["results"])

    def people(self, ids: Sequence[str], wanted: Sequence[str]) -> list[Remote]:
        return [_remote(row, wanted) for row in self._read([{"id": one} for one in ids], wanted)]

    def _read(
        self, inputs: list[dict[str, str]], wanted: Sequence[str], key: str = ""
    ) -> list[dict[str, Any]]:
        body: dict[str, Any] = {"inputs": inputs, "properties": [STAMP, *_asked(wanted)]}
        if key:
            body["idProperty"] = key
        return list(self.call("POST", f"{CONTACTS}/batch/read", body).get("results", []))

    # what goes out

    def find(self, email: str) -> str:
        rows = self._read([{"id": email.lower()}], ["email"], "email")
        return str(rows[0]["id"]) if rows else ""

    def write(self, people: Sequence[Facts], *, make: bool) -> list[Written]:
        ids = {number: one.id for number, one in enumerate(people) if one.id}
        strangers = {
            number: one.email.lower() for number, one in enumerate(people) if not one.id and one.email
        }
        if strangers and not make:
            rows = self._read(
                [{"id": email} for email in dict.fromkeys(strangers.values())], ["email"], "email"
            )
            by_email = {str(row["properties"].get("email") or "").lower(): str(row["id"]) for row in rows}
            ids |= {n: by_email[email] for n, email in strangers.items() if email in by_email}
        written: dict[int, Written] = {}
        # One contact stands once in a batch, even where two of ours are linked to it.
        inputs = {theirs: _said(people[number].values) for number, theirs in ids.items()}
        if inputs:
            told = self.call(
                "POST",
                f"{CONTACTS}/batch/update",
                {"inputs": [{"id": theirs, "properties": values} for theirs, values in inputs.items()]},
            )
            done = {str(row["id"]) for row in told.get("results", [])}
            why = _why(told)
            for number, theirs in ids.items():
                written[number] = Written(theirs, "" if theirs in done else why)
        if strangers and make:
            asked = {
                email: {**_said(people[number].values), **_names(people[number].name)}
                for number, email in strangers.items()
            }
            told = self.call(
                "POST",
                f"{CONTACTS}/batch/upsert",
                {
                    "inputs": [
                        {"id": email, "idProperty": "email", "properties": {"email": email, **values}}
                        for email, values in asked.items()
                    ]
                },
            )
            by_email = {
                str(row["properties"].get("email") or "").lower(): str(row["id"])
                for row in told.get("results", [])
            }
            why = _why(told)
            for number, email in strangers.items():
                written[number] = Written(by_email.get(email, ""), "" if email in by_email else why)
        return [written.get(number, Written()) for number in range(len(people))]

    def put_task(self, task: Task, known: str, *, unsure: bool) -> str:
        if not known and unsure:
            told = self.call(
                "POST",
                f"{TASKS}/search",
                {
                    "filterGroups": [{"filters": [_filter("hs_task_subject", "EQ", task.title)]}],
                    "properties": ["hs_task_subject"],
                    "limit": 1,
                },
            )
            known = str(told["results"][0]["id"]) if told["results"] else ""
        facts = {
            "hs_timestamp": iso(task.due_at),
            "hs_task_subject": task.title,
            "hs_task_body": task.text,
            "hs_task_status": "COMPLETED" if task.done else "NOT_STARTED",
            "hs_task_priority": "HIGH",
            "hs_task_type": "TODO",
        }
        if known:
            self.call("PATCH", f"{TASKS}/{known}", {"properties": facts})
            return known
        body: dict[str, Any] = {"properties": facts}
        if task.person:
            kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": TASK_TO_CONTACT}
            body["associations"] = [{"to": {"id": task.person}, "types": [kind]}]
        return str(self.call("POST", TASKS, body)["id"])

    def make_fields(self, wanted: Sequence[Their]) -> None:
        inputs = []
        for one in wanted:
            kind, shown = MADE_AS.get(one.kind, ("string", "text"))
            inputs.append(
                {
                    "name": one.name,
                    "label": one.label,
                    "groupName": "contactinformation",
                    "type": kind,
                    "fieldType": shown,
                }
            )
        if inputs:
            self.call("POST", "/crm/v3/properties/contacts/batch/create", {"inputs": inputs})


def _filter(name: str, operator: str, value: str) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": value}


def _asked(wanted: Sequence[str]) -> list[str]:
    names = ["firstname", "lastname"] if NAME in wanted else []
    return list(dict.fromkeys([*names, *(name for name in wanted if name != NAME)]))


def _remote(row: Mapping[str, Any], wanted: Sequence[str]) -> Remote:
    told = row["properties"]
    values = {name: told.get(name) for name in wanted if name != NAME}
    if NAME in wanted:
        whole = " ".join(part for part in (told.get("firstname"), told.get("lastname")) if part)
        values[NAME] = whole or None
    return Remote(str(row["id"]), values)


def _stamp(row: Mapping[str, Any]) -> datetime:
    at = instant(row["properties"].get(STAMP)) or instant(row.get("updatedAt"))
    if at is None:
        raise NotNow(_("It told of a contact without saying when it changed."))
    return at


def _ms(at: datetime) -> str:
    return str(round(at.timestamp() * 1000))


def _rest(last: datetime, rows: Sequence[Mapping[str, Any]], known: set[str]) -> Place:
    """Where the next look begins: a little earlier while changes are fresh, since the search lags behind."""
    if last > timezone.now() - 2 * LAG:
        return {"since": iso(last - LAG)}
    seen = known | {str(row["id"]) for row in rows if _stamp(row) == last}
    return {"since": iso(last), "seen": sorted(seen)}


def _said(values: Mapping[str, Any]) -> dict[str, str]:
    """HubSpot takes texts; a blank one takes the value away."""
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _names(name: str) -> dict[str, str]:
    first, _blank, last = name.partition(" ")
    return {key: value for key, value in (("firstname", first), ("lastname", last)) if value}


def _why(told: Mapping[str, Any]) -> str:
    errors = told.get("errors") or [{}]
    return str(errors[0].get("message") or _("It does not know this contact any more."))[:300]


def _words(told: Any) -> str:
    return str(told.get("message", "")) if isinstance(told, dict) else ""

"""Salesforce: contacts in, scores and segments back, cases as tasks (REST API).

Reading asks for contacts in the order of SystemModstamp and Id, each time after the last one read. Lists that the
server keeps for us (nextRecordsUrl) end after two days or when others are opened; this place does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.fetching import Fetched
from segments.connectors.base import (
    Access,
    Account,
    Connector,
    Entry,
    Facts,
    Page,
    Place,
    Remote,
    Task,
    Their,
    Written,
)
from segments.connectors.calling import Caller, instant, iso, token

API = "/services/data/v60.0"
LIMIT = 200
# What was stamped a moment ago may be committed a little later.
LAG = timedelta(seconds=60)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_SUBJECT = 255
KINDS = {
    "string": "text", "email": "text", "phone": "text", "url": "text", "picklist": "text", "textarea": "text",
    "double": "number", "int": "number", "currency": "number", "percent": "number",
    "date": "date", "datetime": "instant", "boolean": "yes_no", "multipicklist": "other",
}  # fmt: skip


class Salesforce(Connector):
    vendor = "salesforce"
    batch = 200
    pause = 60
    entries = (
        Entry(
            "account",
            gettext_lazy("My Domain"),
            hint=gettext_lazy("The part before .my.salesforce.com in the address of your Salesforce."),
        ),
        Entry("client_id", gettext_lazy("Consumer key of your connected app")),
        Entry("client_secret", gettext_lazy("Consumer secret"), secret=True),
        Entry(
            "refresh_token",
            gettext_lazy("Refresh token"),
            secret=True,
            hint=gettext_lazy("With the scopes api and refresh_token."),
        ),
    )
    likely_in: ClassVar[dict[str, tuple[str, ...]]] = {
        "email": ("Email",),
        "name": ("Name",),
        "first_name": ("FirstName",),
        "company": ("Account.Name",),
    }
    likely_out: ClassVar[dict[str, str]] = {
        "score": "Loopwell_Score__c",
        "category": "Loopwell_Category__c",
        "previous_category": "Loopwell_Previous_Category__c",
        "movement": "Loopwell_Movement__c",
        "answered_at": "Loopwell_Answered_At__c",
        "touchpoint": "Loopwell_Touchpoint__c",
        "stage": "Loopwell_Stage__c",
        "segments": "Loopwell_Segments__c",
    }

    def __init__(self, account: str, access: Access) -> None:
        super().__init__(account, access)
        self.base = settings.CONNECTOR_ADDRESSES["salesforce"].replace("{account}", account)
        if not access.secret.get("access_token"):
            access.until = BEGINNING
        self.call = Caller(
            self.base,
            access,
            prove=lambda: {"Authorization": f"Bearer {access.secret.get('access_token', '')}"},
            renew=self._renew,
            explain=_words,
            short=_spent,
        )

    def _renew(self) -> None:
        """How long it lasts is not said: it is renewed when it is refused. Its refresh token may be used up by this."""
        secret = self.access.secret
        said = token(
            f"{self.base}/services/oauth2/token",
            {
                "grant_type": "refresh_token",
                "client_id": secret.get("client_id", ""),
                "client_secret": secret.get("client_secret", ""),
                "refresh_token": secret.get("refresh_token", ""),
            },
        )
        secret |= {name: said[name] for name in ("access_token", "refresh_token") if said.get(name)}
        self.access.until = None
        self.access.keep(secret, None)

    def trial(self) -> Account:
        told = self.call("GET", f"{API}/sobjects/Contact/describe") or {}
        found = [
            Their(
                str(one["name"]),
                str(one.get("label") or one["name"]),
                KINDS.get(str(one.get("type")), "other"),
                bool(one.get("updateable")),
            )
            for one in told.get("fields", [])
        ]
        employer = Their("Account.Name", _("Name of the account"), "text", writable=False)
        return Account(self.account, (employer, *found))

    # what comes in

    def changed(self, place: Place, wanted: Sequence[str]) -> Page:
        since = instant(place.get("since")) or BEGINNING
        stamp, after = iso(since), _quoted(str(place.get("after", "")))
        where = f"SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > {after})"
        told = self._query(
            f"SELECT {_columns(wanted)} FROM Contact WHERE {where} ORDER BY SystemModstamp, Id LIMIT {LIMIT}"
        )
        rows = told["records"]
        people = tuple(_remote(row, wanted) for row in rows)
        done = bool(told["done"]) and len(rows) < LIMIT
        if not rows:
            return Page(place or {"since": stamp}, True)
        last = instant(rows[-1]["SystemModstamp"]) or since
        if done and last > timezone.now() - 2 * LAG:
            return Page({"since": iso(last - LAG)}, True, people)
        return Page({"since": iso(last), "after": str(rows[-1]["Id"])}, done, people)

    def people(self, ids: Sequence[str], wanted: Sequence[str]) -> list[Remote]:
        if not ids:
            return []
        told = self._query(
            f"SELECT {_columns(wanted)} FROM Contact WHERE Id IN ({', '.join(map(_quoted, ids))})"
        )
        return [_remote(row, wanted) for row in told["records"]]

    def _query(self, soql: str) -> Any:
        return self.call("GET", f"{API}/query", query={"q": soql})

    # what goes out

    def find(self, email: str) -> str:
        return self._known([email.lower()]).get(email.lower(), "")

    def _known(self, emails: Sequence[str]) -> dict[str, str]:
        """Address -> id; of several with one address, the one that was there first."""
        known: dict[str, str] = {}
        for start in range(0, len(emails), 50):
            asked = ", ".join(map(_quoted, emails[start : start + 50]))
            told = self._query(f"SELECT Id, Email FROM Contact WHERE Email IN ({asked}) ORDER BY Id")
            for row in told["records"]:
                known.setdefault(str(row["Email"]).lower(), str(row["Id"]))
        return known

    def write(self, people: Sequence[Facts], *, make: bool) -> list[Written]:
        ids = {number: one.id for number, one in enumerate(people) if one.id}
        strangers = {
            number: one.email.lower() for number, one in enumerate(people) if not one.id and one.email
        }
        known = self._known(list(dict.fromkeys(strangers.values())))
        ids |= {number: known[email] for number, email in strangers.items() if email in known}
        written: dict[int, Written] = {}
        inputs = {theirs: people[number].values for number, theirs in ids.items()}
        if inputs:
            records = [{**_typed(), "id": theirs, **values} for theirs, values in inputs.items()]
            outcomes = self._collection("PATCH", records)
            told_by = dict(zip(inputs, outcomes, strict=True))
            for number, theirs in ids.items():
                written[number] = Written(theirs, told_by[theirs][1])
        new = {email: n for n, email in strangers.items() if email not in known} if make else {}
        if new:
            records = [
                {**_typed(), "Email": email, "LastName": _surname(people[n]), **people[n].values}
                for email, n in new.items()
            ]
            made = dict(zip(new, self._collection("POST", records), strict=True))
            for number, email in strangers.items():
                if email in made:
                    written[number] = Written(*made[email])
        return [written.get(number, Written()) for number in range(len(people))]

    def _collection(self, method: str, records: list[dict[str, Any]]) -> list[tuple[str, str]]:
        """(id, error) of each record, in their order."""
        told = self.call(method, f"{API}/composite/sobjects", {"allOrNone": False, "records": records})
        return [
            (str(one.get("id") or ""), "" if one.get("success") else _errors(one.get("errors")))
            for one in told
        ]

    def put_task(self, task: Task, known: str, *, unsure: bool) -> str:
        title = task.title[:LONGEST_SUBJECT]
        if not known and unsure:
            told = self._query(f"SELECT Id FROM Task WHERE Subject = {_quoted(title)} ORDER BY Id LIMIT 1")
            known = str(told["records"][0]["Id"]) if told["records"] else ""
        facts: dict[str, Any] = {
            "Subject": title,
            "Description": task.text,
            "ActivityDate": task.due_at.date().isoformat(),
            "Status": "Completed" if task.done else "Not Started",
            "Priority": "High",
        }
        if known:
            self.call("PATCH", f"{API}/sobjects/Task/{known}", facts)
            return known
        if task.person:
            facts["WhoId"] = task.person
        return str(self.call("POST", f"{API}/sobjects/Task", facts)["id"])


def _typed() -> dict[str, Any]:
    return {"attributes": {"type": "Contact"}}


def _columns(wanted: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(["Id", "SystemModstamp", *wanted]))


def _quoted(text: str) -> str:
    """A text in SOQL; what could end it is escaped."""
    safe = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{safe}'"


def _remote(row: Mapping[str, Any], wanted: Sequence[str]) -> Remote:
    values: dict[str, Any] = {}
    for name in wanted:
        value: Any = row
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        values[name] = value
    return Remote(str(row["Id"]), values)


def _surname(person: Facts) -> str:
    """Salesforce adds nobody without one."""
    return (person.name.rsplit(" ", 1)[-1] or person.email)[:80]


def _spent(answer: Fetched, told: Any) -> bool:
    """Its daily limit is told by 403 with a code of its own."""
    return (
        answer.status == 403
        and isinstance(told, list)
        and any(isinstance(one, dict) and one.get("errorCode") == "REQUEST_LIMIT_EXCEEDED" for one in told)
    )


def _errors(errors: Any) -> str:
    first = errors[0] if isinstance(errors, list) and errors else {}
    return str(first.get("message") or first.get("statusCode") or _("It refused this record."))[:300]


def _words(told: Any) -> str:
    return _errors(told) if isinstance(told, list) else ""

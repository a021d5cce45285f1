"""Zendesk's ticketing API, as far as users, their fields, tickets and the incremental export."""

from __future__ import annotations

import base64
import itertools
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.stand_ins.server import Asked, Refuse, StandIn, Window

EXPORT = "https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/"
EXPORTING = (
    "https://developer.zendesk.com/documentation/ticketing/managing-tickets/using-the-incremental-export-api"
)
LIMITS = "https://developer.zendesk.com/api-reference/introduction/rate-limits"
IDEMPOTENCY = "https://developer.zendesk.com/api-reference/ticketing/introduction/"
TICKETS = (
    "https://developer.zendesk.com/documentation/ticketing/managing-tickets/creating-and-updating-tickets/"
)
USERS = "https://developer.zendesk.com/api-reference/ticketing/users/users/"
FIELDS = "https://developer.zendesk.com/api-reference/ticketing/users/user_fields/"
SECURITY = "https://developer.zendesk.com/api-reference/introduction/security-and-auth/"

STATUSES = {"new", "open", "pending", "hold", "solved", "closed"}
USER = {
    "name",
    "email",
    "external_id",
    "phone",
    "user_fields",
    "role",
    "notes",
    "tags",
    "locale",
    "time_zone",
}


class Zendesk(StandIn):
    """One admin, with an API token; `page` is how many tickets an export gives at once (the live service: 1,000)."""

    def __init__(self) -> None:
        super().__init__()
        self.admin = ("admin@desk.example", "api-token-1")
        self.users: dict[int, dict[str, Any]] = {}
        self.fields: dict[str, str] = {"loopwell_score": "integer"}
        self.tickets: dict[int, dict[str, Any]] = {}
        self.changes: list[int] = []
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.keys: dict[str, int] = {}
        self.numbers = itertools.count(35)
        self.page = 1_000
        # The newest minute is left out of exports; tests that look at other things need not wait for it.
        self.settled = timedelta(0)
        self.exports = Window(10, 60)
        self.requests = Window(200, 60)

    # for tests

    def user(self, email: str, name: str = "") -> int:
        number = next(self.numbers)
        self.users[number] = {
            "id": number, "email": email, "name": name or email, "role": "end-user", "external_id": None,
            "phone": None, "locale": "en-GB", "time_zone": "London", "user_fields": dict.fromkeys(self.fields),
        }  # fmt: skip
        return number

    def ticket(self, requester: int, subject: str = "Help", **facts: Any) -> int:
        """A ticket that was opened there."""
        number = next(self.numbers)
        with self.lock:
            now = _now()
            self.tickets[number] = {
                "id": number, "subject": subject, "status": "new", "requester_id": requester, "created_at": now,
                "updated_at": now, "external_id": None, "via": {"channel": "chat"}, **facts,
            }  # fmt: skip
            self.comments[number] = []
            self.changes.append(number)
        return number

    def change(self, number: int, **facts: Any) -> None:
        with self.lock:
            self.tickets[number].update(facts, updated_at=_now())
            self.changes.append(number)

    # what it answers

    def error(self, message: str, code: str) -> Any:
        if code == "RecordInvalid":
            details = {"base": [{"description": message, "error": "InvalidValue"}]}
            return {"error": code, "description": "Record validation errors", "details": details}
        return {"error": code or "InvalidEndpoint", "description": message}

    def answer(self, asked: Asked) -> tuple[int, Any]:
        wait = self.requests.wait()
        if wait:
            self._too_many(wait)
        me = self._who(asked)
        if (asked.method, asked.path) == ("GET", "/api/v2/users/me.json"):
            # Who is not known is answered too, without a number.
            return 200, {
                "user": {"id": 1, "email": self.admin[0]}
                if me
                else {"id": None, "email": "invalid@example.com"}
            }
        self.must(
            me, "Couldn't authenticate you", status=401, code="Couldn't authenticate you", page=SECURITY
        )
        route = (asked.method, asked.path)
        if route == ("GET", "/api/v2/incremental/tickets/cursor.json"):
            return 200, self._export(asked.query)
        if route == ("GET", "/api/v2/user_fields.json"):
            return 200, {"user_fields": [self._field(key) for key in self.fields]}
        if route == ("POST", "/api/v2/user_fields.json"):
            return 201, self._make_field(asked.body)
        if route == ("GET", "/api/v2/users/show_many.json"):
            ids = asked.query["ids"].split(",")
            self.must(len(ids) <= 100, "at most 100 ids", page=USERS)
            return 200, {"users": [self.users[int(one)] for one in ids if int(one) in self.users]}
        if route == ("GET", "/api/v2/users/search.json"):
            email = re.fullmatch(r'email:"([^"]+)"', asked.query["query"])
            self.must(email is not None, "bad query", page=USERS)
            assert email is not None
            found = [one for one in self.users.values() if one["email"] == email[1].lower()]
            return 200, {"users": found, "count": len(found), "next_page": None}
        if route == ("POST", "/api/v2/users/create_or_update.json"):
            return 201, {"user": self._create_or_update(asked.body)}
        user = re.fullmatch(r"/api/v2/users/(\d+)\.json", asked.path)
        if user and asked.method == "PUT":
            told = self._user(asked.body)
            self.must(int(user[1]) in self.users, "Not found", status=404, code="RecordNotFound", page=USERS)
            self._merge(self.users[int(user[1])], told)
            return 200, {"user": self.users[int(user[1])]}
        if route == ("GET", "/api/v2/tickets.json"):
            self.only(asked.query, {"external_id"}, page=TICKETS)
            found = [one for one in self.tickets.values() if one["external_id"] == asked.query["external_id"]]
            return 200, {"tickets": found, "count": len(found)}
        if route == ("POST", "/api/v2/tickets.json"):
            return 201, {"ticket": self._make_ticket(asked)}
        ticket = re.fullmatch(r"/api/v2/tickets/(\d+)\.json", asked.path)
        if ticket and asked.method == "PUT":
            return 200, {"ticket": self._change_ticket(int(ticket[1]), asked.body)}
        raise Refuse(404, self.error("no such address", "InvalidEndpoint"), page=TICKETS)

    def _who(self, asked: Asked) -> bool:
        said = asked.headers.get("authorization", "")
        wanted = f"{self.admin[0]}/token:{self.admin[1]}"
        return said == "Basic " + base64.b64encode(wanted.encode()).decode()

    def _too_many(self, wait: float) -> None:
        body = {
            "error": "APIRateLimitExceeded",
            "description": "Number of allowed API requests per minute exceeded",
        }
        raise Refuse(429, body, page=LIMITS, headers={"Retry-After": str(int(wait) + 1)})

    def _export(self, query: dict[str, str]) -> Any:
        wait = self.exports.wait()
        if wait:
            self._too_many(wait)
        self.only(query, {"start_time", "cursor", "include", "per_page"}, page=EXPORT)
        self.must(("start_time" in query) != ("cursor" in query), "start_time, or a cursor", page=EXPORTING)
        self.must(query.get("include", "users") == "users", "no such sideload", page=EXPORT)
        start = 0
        if "start_time" in query:
            late = int(query["start_time"]) <= datetime.now(UTC).timestamp() - 60
            self.must(late, "start_time must be at least a minute ago", page=EXPORTING)
        else:
            start = int(base64.b64decode(query["cursor"]).decode().split("|")[1])
        # Each ticket once, as it is now, at the place of its last change; the newest minute is left out.
        newest = datetime.now(UTC) - self.settled
        order = [
            place
            for place, number in enumerate(self.changes)
            if place >= start and number not in self.changes[place + 1 :]
        ]
        order = [
            p for p in order if datetime.fromisoformat(self.tickets[self.changes[p]]["updated_at"]) <= newest
        ]
        taken = order[: self.page]
        place = taken[-1] + 1 if taken else start
        rows = [self.tickets[self.changes[one]] for one in taken]
        whose = {one["requester_id"] for one in rows}
        cursor = base64.b64encode(f"c|{place}".encode()).decode()
        return {
            "tickets": rows, "users": [self.users[one] for one in whose if one in self.users],
            "after_cursor": cursor, "after_url": "", "before_cursor": None, "before_url": None,
            "end_of_stream": len(taken) == len(order),
        }  # fmt: skip

    # users

    def _field(self, key: str) -> Any:
        return {"key": key, "title": key.replace("_", " ").title(), "type": self.fields[key], "active": True}

    def _make_field(self, told: Any) -> Any:
        one = self.only(told, {"user_field"}, page=FIELDS)["user_field"]
        self.only(one, {"key", "title", "type", "description", "active"}, page=FIELDS)
        self.must(
            {"key", "title", "type"} <= set(one),
            "key, title and type",
            status=422,
            code="RecordInvalid",
            page=FIELDS,
        )
        kinds = {"text", "textarea", "checkbox", "date", "integer", "decimal", "regexp", "dropdown", "lookup"}
        self.must(one["type"] in kinds, "no such type", status=422, code="RecordInvalid", page=FIELDS)
        new = one["key"] not in self.fields
        self.must(new, "key has been taken", status=422, code="RecordInvalid", page=FIELDS)
        self.fields[one["key"]] = one["type"]
        return {"user_field": self._field(one["key"])}

    def _user(self, told: Any) -> dict[str, Any]:
        user = self.only(self.only(told, {"user"}, page=USERS)["user"], USER, page=USERS)
        for key, value in user.get("user_fields", {}).items():
            # The live service passes over keys that it does not know; we send none.
            self.must(key in self.fields, f"no field {key}", status=422, code="RecordInvalid", page=FIELDS)
            kind = self.fields[key]
            fits = value is None or (
                isinstance(value, int) if kind == "integer"
                else bool(re.fullmatch(r"\d{4}-\d\d-\d\d", str(value))) if kind == "date"
                else isinstance(value, str)
            )  # fmt: skip
            self.must(
                fits, f"{key}: {value} is not of its kind", status=422, code="RecordInvalid", page=FIELDS
            )
        return user

    def _merge(self, user: dict[str, Any], told: dict[str, Any]) -> None:
        fields = {**user["user_fields"], **told.pop("user_fields", {})}
        user.update(told, user_fields=fields)

    def _create_or_update(self, told: Any) -> Any:
        user = self._user(told)
        self.must(bool(user.get("name")), "Name: is too short", status=422, code="RecordInvalid", page=USERS)
        number = next((n for n, one in self.users.items() if one["email"] == user["email"]), None)
        number = number if number is not None else self.user(user["email"], user["name"])
        self._merge(self.users[number], user)
        return self.users[number]

    # tickets

    def _ticket(self, told: Any, known: set[str]) -> dict[str, Any]:
        one = self.only(self.only(told, {"ticket"}, page=TICKETS)["ticket"], known, page=TICKETS)
        right = one.get("status", "open") in STATUSES - {"closed"}
        self.must(right, "Status: is not valid", status=422, code="RecordInvalid", page=TICKETS)
        if "comment" in one:
            self.only(one["comment"], {"body", "html_body", "public", "author_id"}, page=TICKETS)
        return one

    def _make_ticket(self, asked: Asked) -> Any:
        known = {
            "subject",
            "comment",
            "external_id",
            "status",
            "priority",
            "tags",
            "requester_id",
            "requester",
            "type",
        }
        one = self._ticket(asked.body, known)
        key = asked.headers.get("idempotency-key", "")
        self.must(len(key) <= 255, "the key is too long", page=IDEMPOTENCY)
        if key in self.keys:
            return self.tickets[self.keys[key]]
        self.must(
            bool((one.get("comment") or {}).get("body")),
            "Description: cannot be blank",
            status=422,
            code="RecordInvalid",
            page=TICKETS,
        )
        requester = one.get("requester_id")
        if "requester" in one:
            self.only(one["requester"], {"name", "email", "locale_id"}, page=TICKETS)
            email = one["requester"]["email"]
            known_user = next((n for n, user in self.users.items() if user["email"] == email), None)
            requester = known_user if known_user is not None else self.user(email, one["requester"]["name"])
        exists = requester is None or requester in self.users
        self.must(exists, "Requester: is invalid", status=422, code="RecordInvalid", page=TICKETS)
        number = self.ticket(
            requester if requester is not None else 1, one.get("subject", ""), status=one.get("status", "new"),
            external_id=one.get("external_id"), via={"channel": "api"},
        )  # fmt: skip
        self.comments[number].append(one["comment"])
        if key:
            self.keys[key] = number
        return self.tickets[number]

    def _change_ticket(self, number: int, told: Any) -> Any:
        one = self._ticket(told, {"subject", "comment", "status", "priority", "tags", "external_id"})
        self.must(number in self.tickets, "Not found", status=404, code="RecordNotFound", page=TICKETS)
        over = self.tickets[number]["status"] == "closed"
        self.must(
            not over, "Status: closed prevents ticket update", status=422, code="RecordInvalid", page=TICKETS
        )
        if "comment" in one:
            self.comments[number].append(one.pop("comment"))
        self.change(number, **one)
        return self.tickets[number]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

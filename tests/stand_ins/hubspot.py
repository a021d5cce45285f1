"""HubSpot's CRM API v3, as far as contacts, their properties, and tasks."""

from __future__ import annotations

import itertools
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from tests.stand_ins.server import Asked, Refuse, StandIn, Window

SEARCH = "https://developers.hubspot.com/docs/api/crm/search"
CONTACTS = "https://developers.hubspot.com/docs/api/crm/contacts"
UPSERT = (
    "https://br.developers.hubspot.com/docs/api-reference/crm-contacts-v3/batch/"
    "post-crm-v3-objects-contacts-batch-upsert"
)
TASKS = "https://developers.hubspot.com/docs/api/crm/tasks"
PROPERTIES = "https://developers.hubspot.com/docs/api-reference/legacy/crm/properties/create-property"
TOKENS = "https://legacydocs.hubspot.com/docs/methods/oauth2/refresh-access-token"
USAGE = "https://developers.hubspot.com/docs/api/usage-details"
LIMITS = "https://developers.hubspot.com/changelog/increasing-our-api-limits"
ACCOUNT = "https://developers.hubspot.com/docs/api/settings/account-information-api"
LAGGING = "https://github.com/HubSpot/hubspot-api-php/issues/59"

STANDARD = {
    "email": ("string", "Email"),
    "firstname": ("string", "First Name"),
    "lastname": ("string", "Last Name"),
    "company": ("string", "Company Name"),
    "phone": ("string", "Phone Number"),
    "plan": ("enumeration", "Plan"),
    "lastmodifieddate": ("datetime", "Last Modified Date"),
    "hs_object_id": ("number", "Record ID"),
}
READ_ONLY = {"lastmodifieddate", "hs_object_id"}
TASK = {
    "hs_timestamp", "hs_task_body", "hubspot_owner_id", "hs_task_subject", "hs_task_status", "hs_task_priority",
    "hs_task_type", "hs_task_reminders",
}  # fmt: skip


class HubSpot(StandIn):
    """`token` is that of a private app, which does not end; those of an app of OAuth do, after `lasts` seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.token = "pat-eu1-private"
        self.client = ("client-1", "client-secret-1")
        self.refresh = "refresh-1"
        self.lasts = 1_800.0
        self.granted: dict[str, float] = {}
        self.contacts: dict[str, dict[str, str]] = {}
        self.stamps: dict[str, datetime] = {}
        self.tasks: dict[str, dict[str, Any]] = {}
        self.properties = dict(STANDARD)
        self.numbers = itertools.count(101)
        self.lag = timedelta(0)
        self.burst = Window(190, 10)
        self.searching = Window(5, 1)

    # for tests

    def add(self, at: datetime | None = None, **properties: str) -> str:
        """A contact that was made or changed there."""
        number = str(next(self.numbers))
        self.contacts[number] = {}
        self.change(number, at=at, **properties)
        return number

    def change(self, number: str, at: datetime | None = None, **properties: str) -> None:
        with self.lock:
            self.contacts[number].update(properties)
            at = at or datetime.now(UTC)
            self.stamps[number] = at.replace(microsecond=at.microsecond // 1000 * 1000)

    # what it answers

    def error(self, message: str, code: str) -> Any:
        return {"status": "error", "message": message, "category": code or "VALIDATION_ERROR"}

    def failing(self, status: int) -> Any:
        if status == 429:
            return {
                **self.error("You have reached your secondly limit.", "RATE_LIMITS"),
                "policyName": "SECONDLY",
            }
        return self.error("internal error", "INTERNAL_ERROR")

    def answer(self, asked: Asked) -> tuple[int, Any]:
        if asked.path == "/oauth/v1/token":
            return 200, self._token(asked)
        self._proven(asked)
        wait = self.burst.wait()
        if wait:
            self._too_many(wait, LIMITS)
        key = (asked.method, asked.path)
        if key == ("GET", "/account-info/v3/details"):
            return 200, {"portalId": 4711, "timeZone": "Europe/Dublin"}
        if key == ("GET", "/crm/v3/properties/contacts"):
            return 200, {"results": [self._property(name) for name in self.properties]}
        if key == ("POST", "/crm/v3/properties/contacts/batch/create"):
            return 201, self._make_properties(asked.body)
        if asked.method == "POST" and asked.path.startswith("/crm/v3/objects/contacts/"):
            what = asked.path.removeprefix("/crm/v3/objects/contacts/")
            if what == "search":
                return 200, self._search(asked.body)
            if what == "batch/read":
                return self._read(asked.body)
            if what == "batch/update":
                return self._update(asked.body)
            if what == "batch/upsert":
                return 200, self._upsert(asked.body)
        if key == ("POST", "/crm/v3/objects/tasks"):
            return 201, self._make_task(asked.body)
        if key == ("POST", "/crm/v3/objects/tasks/search"):
            return 200, self._search_tasks(asked.body)
        task = re.fullmatch(r"/crm/v3/objects/tasks/(\d+)", asked.path)
        if task and asked.method == "PATCH":
            body = self.only(asked.body, {"properties"}, page=TASKS)
            self.must(task[1] in self.tasks, "resource not found", status=404, page=TASKS)
            self.tasks[task[1]]["properties"].update(self._task(body["properties"]))
            return 200, {"id": task[1], **self.tasks[task[1]]}
        raise Refuse(404, self.error("no such address", "OBJECT_NOT_FOUND"), page=CONTACTS)

    def _token(self, asked: Asked) -> Any:
        form = asked.headers.get("content-type") == "application/x-www-form-urlencoded"
        self.must(form, "send a form", page=TOKENS)
        told = dict(parse_qsl(asked.raw.decode()))
        fields = {"grant_type", "client_id", "client_secret", "refresh_token"}
        self.must(set(told) == fields, "missing or unknown parameter", page=TOKENS)
        self.must(told["grant_type"] == "refresh_token", "unsupported grant", page=TOKENS)
        right = (told["client_id"], told["client_secret"], told["refresh_token"]) == (
            *self.client,
            self.refresh,
        )
        self.must(right, "missing or invalid refresh token", page=TOKENS, code="BAD_REFRESH_TOKEN")
        token = f"oauth-{len(self.granted) + 1}"
        self.granted[token] = time.monotonic() + self.lasts
        return {
            "access_token": token,
            "refresh_token": self.refresh,
            "expires_in": int(self.lasts),
            "token_type": "bearer",
        }

    def _proven(self, asked: Asked) -> None:
        """Bearer alone: keys in the address ended in 2022; what has run out is 401 with a category of its own."""
        said = asked.headers.get("authorization", "")
        token = said.removeprefix("Bearer ") if said.startswith("Bearer ") else ""
        if token == self.token and token:
            return
        self.must(
            token in self.granted, "not authenticated", status=401, code="INVALID_AUTHENTICATION", page=USAGE
        )
        fresh = self.granted[token] > time.monotonic()
        self.must(fresh, "the token has expired", status=401, code="EXPIRED_AUTHENTICATION", page=TOKENS)

    def _too_many(self, wait: float, page: str) -> None:
        body = {**self.error("too many requests", "RATE_LIMITS"), "policyName": "TEN_SECONDLY_ROLLING"}
        raise Refuse(429, body, page=page, headers={"Retry-After": str(int(wait) + 1)})

    # properties

    def _property(self, name: str) -> Any:
        kind, label = self.properties[name]
        meta = {
            "readOnlyValue": name in READ_ONLY,
            "readOnlyDefinition": name in STANDARD,
            "archivable": False,
        }
        return {
            "name": name, "label": label, "type": kind, "fieldType": "text", "groupName": "contactinformation",
            "hidden": False, "modificationMetadata": meta,
        }  # fmt: skip

    def _make_properties(self, told: Any) -> Any:
        inputs = self.only(told, {"inputs"}, page=PROPERTIES)["inputs"]
        self.must(0 < len(inputs) <= 100, "at most 100", page=PROPERTIES)
        known = {
            "name", "label", "groupName", "type", "fieldType", "description", "displayOrder", "hasUniqueValue",
            "hidden", "options", "formField",
        }  # fmt: skip
        for one in inputs:
            self.only(one, known, page=PROPERTIES)
            needed = {"name", "label", "groupName", "type", "fieldType"}
            self.must(needed <= set(one), "a required field is missing", page=PROPERTIES)
            kinds = {"string", "number", "date", "datetime", "enumeration", "bool"}
            self.must(one["type"] in kinds, "no such type", page=PROPERTIES)
            self.must(bool(re.fullmatch(r"[a-z][a-z0-9_]*", one["name"])), "bad name", page=PROPERTIES)
            self.must(one["name"] not in self.properties, "exists", status=409, page=PROPERTIES)
            self.properties[one["name"]] = (one["type"], one["label"])
        return {"status": "COMPLETE", "results": [self._property(one["name"]) for one in inputs]}

    def _values(self, told: Any, page: str) -> dict[str, str]:
        self.must(isinstance(told, dict), "expected an object", page=page)
        for name, value in told.items():
            known = name in self.properties
            self.must(known, f'Property "{name}" does not exist', code="PROPERTY_DOESNT_EXIST", page=CONTACTS)
            self.must(name not in READ_ONLY, f"{name} is read only", page=CONTACTS)
            self.must(isinstance(value, str), f"{name}: expected a text", page=page)
            kind = self.properties[name][0]
            if kind == "number" and value:
                self.must(
                    bool(re.fullmatch(r"-?\d+(\.\d+)?", value)), f"{value} was not a valid number", page=page
                )
            if kind == "datetime" and value:
                self.must(bool(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", value)), "bad instant", page=page)
            if name == "email":
                self.must(
                    "@" in value, f"Email address {value} is invalid", code="INVALID_EMAIL", page=CONTACTS
                )
        return dict(told)

    # contacts

    def _told(self, number: str, wanted: list[str]) -> Any:
        values = {
            **self.contacts[number],
            "hs_object_id": number,
            "lastmodifieddate": _iso(self.stamps[number]),
        }
        stamp = _iso(self.stamps[number])
        return {
            "id": number,
            "properties": {name: values.get(name) or None for name in [*wanted, "hs_object_id"]},
            "createdAt": stamp,
            "updatedAt": stamp,
            "archived": False,
        }

    def _search(self, told: Any) -> Any:
        wait = self.searching.wait()
        if wait:
            self._too_many(wait, SEARCH)
        body = self.only(
            told, {"filterGroups", "sorts", "query", "properties", "limit", "after"}, page=SEARCH
        )
        groups = body.get("filterGroups", [])
        self.must(len(groups) <= 5, "at most 5 groups", page=SEARCH)
        self.must(sum(len(group["filters"]) for group in groups) <= 18, "at most 18 filters", page=SEARCH)
        for group in groups:
            self.only(group, {"filters"}, page=SEARCH)
            self.must(len(group["filters"]) <= 6, "at most 6 filters in a group", page=SEARCH)
            for one in group["filters"]:
                self.only(one, {"propertyName", "operator", "value", "values", "highValue"}, page=SEARCH)
                self.must(one["propertyName"] in self.properties, "no such property", page=SEARCH)
                known = {"EQ", "NEQ", "LT", "LTE", "GT", "GTE", "BETWEEN", "IN", "HAS_PROPERTY"}
                self.must(one["operator"] in known, "no such operator", page=SEARCH)
        sorts = body.get("sorts", [])
        self.must(len(sorts) <= 1, "one sorting rule", page=SEARCH)
        limit = body.get("limit", 10)
        self.must(0 < limit <= 200, "a page has at most 200", page=SEARCH)
        after = int(body.get("after") or 0)
        self.must(after + limit <= 10_000, "no search goes past 10,000", page=SEARCH)
        for name in body.get("properties", []):
            self.must(name in self.properties, "no such property", page=SEARCH)
        # What was written a moment ago is not found yet: the page says so, and people met it (LAGGING).
        now = datetime.now(UTC)
        rows = [n for n in self.contacts if self.stamps[n] <= now - self.lag or not self.lag]
        rows = [
            n for n in rows if any(all(self._fits(n, f) for f in g["filters"]) for g in groups) or not groups
        ]
        if sorts and sorts[0]["propertyName"] == "lastmodifieddate":
            # The order among equals is nobody's promise.
            rows.sort(key=lambda n: (self.stamps[n], -int(n)))
        else:
            rows.sort(key=int)
        page = rows[after : after + limit]
        found: dict[str, Any] = {
            "total": len(rows),
            "results": [self._told(n, body.get("properties", [])) for n in page],
        }
        if after + limit < len(rows):
            found["paging"] = {"next": {"after": str(after + limit)}}
        return found

    def _fits(self, number: str, told: Any) -> bool:
        name, operator = told["propertyName"], told["operator"]
        value: Any = told["value"]
        mine: Any = self.contacts[number].get(name, "")
        if name == "lastmodifieddate":
            mine, value = round(self.stamps[number].timestamp() * 1000), int(value)
        elif name == "hs_object_id":
            mine, value = int(number), int(value)
        return bool(
            {"EQ": mine == value, "GT": mine > value, "GTE": mine >= value, "LT": mine < value}[operator]
        )

    def _batch(self, told: Any, known: set[str], page: str) -> tuple[dict[str, Any], list[Any]]:
        body = self.only(told, known | {"inputs"}, page=page)
        inputs = body["inputs"]
        self.must(0 < len(inputs) <= 100, "a batch has at most 100 inputs", page=page)
        ids = [one["id"] for one in inputs]
        self.must(len(set(ids)) == len(ids), "duplicate IDs found in batch input", page=CONTACTS)
        self.must(all(isinstance(one, str) for one in ids), "ids are texts", page=page)
        return body, inputs

    def _read(self, told: Any) -> tuple[int, Any]:
        body, inputs = self._batch(told, {"properties", "propertiesWithHistory", "idProperty"}, CONTACTS)
        by = body.get("idProperty")
        self.must(by in (None, "email"), "not a unique property", page=CONTACTS)
        found, missing = [], []
        for one in inputs:
            self.only(one, {"id"}, page=CONTACTS)
            number = one["id"] if by is None else self._by_email(one["id"])
            if number in self.contacts:
                found.append(self._told(number, body.get("properties", [])))
            else:
                missing.append(one["id"])
        return self._several(found, missing)

    def _update(self, told: Any) -> tuple[int, Any]:
        _body, inputs = self._batch(told, set(), CONTACTS)
        # One wrong value refuses the whole batch.
        values = [
            self._values(
                self.only(one, {"id", "idProperty", "properties"}, page=CONTACTS)["properties"], CONTACTS
            )
            for one in inputs
        ]
        found, missing = [], []
        for one, said in zip(inputs, values, strict=True):
            if one["id"] in self.contacts:
                self.change(one["id"], None, **said)
                found.append(self._told(one["id"], []))
            else:
                missing.append(one["id"])
        return self._several(found, missing)

    def _several(self, found: list[Any], missing: list[str]) -> tuple[int, Any]:
        body: dict[str, Any] = {"status": "COMPLETE", "results": found}
        if missing:
            error = {
                "status": "error", "category": "OBJECT_NOT_FOUND",
                "message": "Could not get some CONTACT objects, they may be deleted or not exist.",
                "context": {"ids": missing},
            }  # fmt: skip
            body |= {"numErrors": 1, "errors": [error]}
        return (207 if missing else 200), body

    def _upsert(self, told: Any) -> Any:
        _body, inputs = self._batch(told, set(), UPSERT)
        results = []
        for one in inputs:
            self.only(one, {"id", "idProperty", "properties", "objectWriteTraceId"}, page=UPSERT)
            self.must(one.get("idProperty") == "email", "say by which unique property", page=UPSERT)
            # Part of a contact is not written where the address is its name: the address stands in it too.
            whole = one["properties"].get("email") == one["id"]
            self.must(whole, "partial upserts are not supported by email", page=CONTACTS)
            said = self._values(one["properties"], UPSERT)
            number = self._by_email(one["id"])
            new = number == ""
            number = number or self.add(None, **said)
            self.change(number, None, **said)
            results.append({**self._told(number, ["email"]), "new": new})
        return {"status": "COMPLETE", "results": results}

    def _by_email(self, email: str) -> str:
        return next((n for n, one in self.contacts.items() if one.get("email", "").lower() == email), "")

    # tasks

    def _task(self, told: Any) -> dict[str, str]:
        self.only(told, TASK, page=TASKS)
        self.must(
            told.get("hs_task_status", "NOT_STARTED") in ("COMPLETED", "NOT_STARTED"), "status", page=TASKS
        )
        self.must(told.get("hs_task_priority", "LOW") in ("LOW", "MEDIUM", "HIGH"), "priority", page=TASKS)
        self.must(told.get("hs_task_type", "TODO") in ("EMAIL", "CALL", "TODO"), "type", page=TASKS)
        return dict(told)

    def _make_task(self, told: Any) -> Any:
        body = self.only(told, {"properties", "associations"}, page=TASKS)
        facts = self._task(body["properties"])
        self.must("hs_timestamp" in facts, "hs_timestamp is required", page=TASKS)
        for one in body.get("associations", []):
            self.only(one, {"to", "types"}, page=TASKS)
            self.must(one["to"]["id"] in self.contacts, "no such contact", page=TASKS)
            for kind in one["types"]:
                self.only(kind, {"associationCategory", "associationTypeId"}, page=TASKS)
                self.must(kind["associationTypeId"] == 204, "not a task of a contact", page=TASKS)
        number = str(next(self.numbers))
        self.tasks[number] = {"properties": facts, "associations": body.get("associations", [])}
        return {"id": number, "properties": facts}

    def _search_tasks(self, told: Any) -> Any:
        (group,) = self.only(told, {"filterGroups", "properties", "limit"}, page=SEARCH)["filterGroups"]
        (one,) = group["filters"]
        found = [
            {"id": number, "properties": task["properties"]}
            for number, task in self.tasks.items()
            if task["properties"].get(one["propertyName"]) == one["value"]
        ]
        return {"total": len(found), "results": found[: told["limit"]]}


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"

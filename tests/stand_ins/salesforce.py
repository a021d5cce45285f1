"""Salesforce's REST API, as far as contacts, tasks, and the SOQL that asks for them."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from tests.stand_ins.server import Asked, Refuse, StandIn

COLLECTIONS = (
    "https://developer.salesforce.com/docs/atlas.en-us.244.0.api_rest.meta/api_rest/"
    "resources_composite_sobjects_collections_upsert.htm"
)
ERRORS = "https://developer.salesforce.com/docs/atlas.en-us.264.0.api_rest.meta/api_rest/errorcodes.htm"
MORE = "https://developer.salesforce.com/docs/atlas.en-us.240.0.api_rest.meta/api/resources_query_more_results.htm"
REFRESH = (
    "https://developer.salesforce.com/docs/atlas.en-us.222.0.api_rest.meta/api/"
    "intro_understanding_refresh_token_oauth.htm"
)
ROTATION = "https://help.salesforce.com/apex/HTViewHelpDoc?id=remoteaccess_oauth_refresh_token_flow.htm&language=en_US"
DESCRIBE = (
    "https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm"
)
SOQL = "https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select.htm"
TASK_PAGE = "https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_task.htm"

CONTACT = {
    "Id": "id", "Email": "email", "Name": "string", "FirstName": "string", "LastName": "string", "Phone": "phone",
    "SystemModstamp": "datetime", "Tier__c": "picklist", "Loopwell_Score__c": "double",
    "Loopwell_Category__c": "string", "Loopwell_Movement__c": "double", "Loopwell_Answered_At__c": "datetime",
    "Loopwell_Segments__c": "string",
}  # fmt: skip
READ_ONLY = {"Id", "Name", "SystemModstamp"}
TASK = {"Subject", "Description", "ActivityDate", "Status", "Priority", "WhoId"}
API = "/services/data/v60.0"


class Salesforce(StandIn):
    """A connected app whose sessions end when they are told to, and whose refresh tokens are used up if `rotates`."""

    def __init__(self) -> None:
        super().__init__()
        self.client = ("consumer-key", "consumer-secret")
        self.refresh = "refresh-1"
        self.rotates = False
        self.sessions: set[str] = set()
        self.granted = 0
        self.contacts: dict[str, dict[str, Any]] = {}
        self.tasks: dict[str, dict[str, Any]] = {}
        self.numbers = itertools.count(1)
        self.spent = False
        # How many records an answer holds at most; the live service gives 2,000, or fewer if they are large.
        self.page = 2_000

    # for tests

    def add(self, at: datetime | None = None, **fields: Any) -> str:
        number = f"003{next(self.numbers):012d}AAA"
        self.contacts[number] = {"Id": number, "LastName": "Lee", "Account": None}
        self.change(number, at=at, **fields)
        return number

    def change(self, number: str, at: datetime | None = None, **fields: Any) -> None:
        with self.lock:
            contact = self.contacts[number]
            contact.update(fields)
            contact["Name"] = " ".join(filter(None, [contact.get("FirstName"), contact.get("LastName")]))
            contact["SystemModstamp"] = _stamp(at or datetime.now(UTC))

    # what it answers

    def error(self, message: str, code: str) -> Any:
        return [{"message": message, "errorCode": code or "INVALID_FIELD", "fields": []}]

    def failing(self, status: int) -> Any:
        return self.error("planned", "UNKNOWN_EXCEPTION")

    def answer(self, asked: Asked) -> tuple[int, Any]:
        if asked.path == "/services/oauth2/token":
            return 200, self._token(asked)
        said = asked.headers.get("authorization", "").removeprefix("Bearer ")
        known = said in self.sessions
        self.must(known, "Session expired or invalid", status=401, code="INVALID_SESSION_ID", page=ERRORS)
        if self.spent:
            raise Refuse(
                403, self.error("TotalRequests Limit exceeded.", "REQUEST_LIMIT_EXCEEDED"), page=ERRORS
            )
        route = (asked.method, asked.path.removeprefix(API))
        if route == ("GET", "/sobjects/Contact/describe"):
            return 200, {"name": "Contact", "fields": [self._field(name) for name in CONTACT]}
        if route == ("GET", "/query"):
            self.only(asked.query, {"q"}, page=SOQL)
            return 200, self._query(asked.query["q"])
        if route == ("PATCH", "/composite/sobjects"):
            return 200, self._collection(asked.body, new=False)
        if route == ("POST", "/composite/sobjects"):
            return 200, self._collection(asked.body, new=True)
        if route == ("POST", "/sobjects/Task"):
            number = f"00T{next(self.numbers):012d}AAA"
            self.tasks[number] = {"Id": number, **self._task(asked.body)}
            return 201, {"id": number, "success": True, "errors": []}
        task = re.fullmatch(r"/sobjects/Task/(\w{18})", route[1])
        if task and asked.method == "PATCH":
            there = task[1] in self.tasks
            self.must(
                there, "The requested resource does not exist", status=404, code="NOT_FOUND", page=ERRORS
            )
            self.tasks[task[1]].update(self._task(asked.body))
            return 204, None
        raise Refuse(404, self.error("The requested resource does not exist", "NOT_FOUND"), page=ERRORS)

    def _token(self, asked: Asked) -> Any:
        told = dict(parse_qsl(asked.raw.decode()))
        self.only(told, {"grant_type", "refresh_token", "client_id", "client_secret", "format"}, page=REFRESH)
        right = (
            told.get("grant_type") == "refresh_token"
            and (told.get("client_id"), told.get("client_secret")) == self.client
            and told.get("refresh_token") == self.refresh
        )
        if not right:
            body = {"error": "invalid_grant", "error_description": "expired access/refresh token"}
            raise Refuse(400, body, page=REFRESH)
        self.granted += 1
        session = f"00Dsession{self.granted}"
        self.sessions = {session}
        # How long it lasts is not said.
        answer = {
            "access_token": session,
            "instance_url": self.address,
            "token_type": "Bearer",
            "issued_at": "0",
        }
        if self.rotates:
            self.refresh = f"refresh-{self.granted + 1}"
            answer["refresh_token"] = self.refresh
        return answer

    def _field(self, name: str) -> Any:
        label = name.removesuffix("__c").replace("_", " ")
        return {"name": name, "label": label, "type": CONTACT[name], "updateable": name not in READ_ONLY}

    # SOQL, as much of it as is asked

    def _query(self, soql: str) -> Any:
        self.must(len(soql) <= 16_000, "too long for an address", page=SOQL, status=414)
        shape = re.fullmatch(
            r"SELECT (?P<columns>.+?) FROM (?P<table>\w+) WHERE (?P<where>.+?)"
            r"(?: ORDER BY (?P<order>[\w, ]+?))?(?: LIMIT (?P<limit>\d+))?",
            soql,
        )
        self.must(shape is not None, "malformed query", code="MALFORMED_QUERY", page=SOQL)
        assert shape is not None
        table = {"Contact": self.contacts, "Task": self.tasks}[shape["table"]]
        columns = [one.strip() for one in shape["columns"].split(",")]
        known = {**CONTACT, "Account.Name": "string", **dict.fromkeys(TASK, "string")}
        for column in columns:
            self.must(column in known, f"No such column '{column}' on entity", page=SOQL)
        self.must(len(columns) == len(set(columns)), "duplicate field selected", page=SOQL)
        rows = [row for row in table.values() if _Condition(shape["where"]).holds(row)]
        for name in reversed([one.strip() for one in (shape["order"] or "Id").split(",")]):
            rows.sort(key=lambda row: str(row.get(name)))
        if shape["limit"]:
            rows = rows[: int(shape["limit"])]
        page = rows[: self.page]
        whole = len(page) == len(rows)
        records = []
        for row in page:
            told: dict[str, Any] = {"attributes": {"type": shape["table"]}}
            for column in columns:
                first, _dot, rest = column.partition(".")
                told[first] = row.get(first) if rest else row.get(column)
            records.append(told)
        answer = {"totalSize": len(rows), "done": whole, "records": records}
        # MORE: what is left is fetched by a locator, which nobody here asks for.
        return answer if whole else {**answer, "nextRecordsUrl": f"{API}/query/01g-{self.page}"}

    # writing

    def _collection(self, told: Any, *, new: bool) -> Any:
        body = self.only(told, {"allOrNone", "records"}, page=COLLECTIONS)
        self.must(0 < len(body["records"]) <= 200, "The list can contain up to 200 objects", page=COLLECTIONS)
        results = []
        for record in body["records"]:
            typed = (record.get("attributes") or {}).get("type") == "Contact"
            self.must(typed, "each needs attributes with a type", page=COLLECTIONS)
            fields = {name: value for name, value in record.items() if name not in ("attributes", "id")}
            why = self._wrong(fields, new=new)
            number = record.get("id", "")
            if not new and number not in self.contacts:
                why = ("ENTITY_IS_DELETED", "entity is deleted")
            if why:
                error = {"statusCode": why[0], "message": why[1], "fields": []}
                results.append({"success": False, "errors": [error]})
                continue
            if new:
                number = self.add(None, **fields)
            else:
                self.change(number, None, **fields)
            results.append({"id": number, "success": True, "errors": []})
        return results

    def _wrong(self, fields: dict[str, Any], *, new: bool) -> tuple[str, str] | None:
        for name, value in fields.items():
            if name not in CONTACT or name in READ_ONLY:
                return "INVALID_FIELD", f"No such column '{name}' on sobject of type Contact"
            kind = CONTACT[name]
            if value is not None and (kind == "double") != (type(value) in (int, float)):
                return "INVALID_TYPE_ON_FIELD_IN_RECORD", f"{name}: value not of required type: {value}"
            if kind == "datetime" and value and not re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", value):
                return "INVALID_TYPE_ON_FIELD_IN_RECORD", f"{name}: value not of required type: {value}"
        if new and not fields.get("LastName"):
            return "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]"
        return None

    def _task(self, told: Any) -> dict[str, Any]:
        fields = self.only(told, TASK, page=TASK_PAGE)
        self.must(
            len(fields.get("Subject", "")) <= 255,
            "Subject: data value too large",
            code="STRING_TOO_LONG",
            page=TASK_PAGE,
        )
        day = re.fullmatch(r"\d{4}-\d\d-\d\d", fields.get("ActivityDate", "2026-01-01"))
        self.must(day is not None, "bad date", page=TASK_PAGE)
        whom = fields.get("WhoId")
        self.must(whom is None or whom in self.contacts, "bad WhoId", code="MALFORMED_ID", page=TASK_PAGE)
        return fields


class _Condition:
    """`a OR (b AND c)` over comparisons of one field with a literal."""

    TOKENS = re.compile(r"\s*(\(|\)|,|AND\b|OR\b|IN\b|>=|<=|>|<|=|'(?:[^'\\]|\\.)*'|[\w.:+-]+)")

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = []
        at = 0
        while at < len(text.rstrip()):
            found = self.TOKENS.match(text, at)
            assert found, text[at:]
            self.tokens.append(found[1])
            at = found.end()

    def holds(self, row: dict[str, Any]) -> bool:
        self.at, self.row = 0, row
        return self._either()

    def _next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _either(self) -> bool:
        value = self._both()
        while self._peek() == "OR":
            self._next()
            value = self._both() or value
        return value

    def _both(self) -> bool:
        value = self._one()
        while self._peek() == "AND":
            self._next()
            value = self._one() and value
        return value

    def _one(self) -> bool:
        if self._peek() == "(":
            self._next()
            value = self._either()
            self._next()
            return value
        mine, operator = self.row.get(self._next()), self._next()
        if operator == "IN":
            self._next()
            values = []
            while (token := self._next()) != ")":
                if token != ",":
                    values.append(_literal(token).lower())
            return str(mine).lower() in values
        value = _literal(self._next())
        if isinstance(mine, str) and mine.endswith("+0000"):
            return _compare(datetime.fromisoformat(mine), operator, datetime.fromisoformat(value))
        return _compare(str(mine), operator, value)


def _literal(token: str) -> str:
    if not token.startswith("'"):
        return token
    return re.sub(r"\\(.)", r"\1", token[1:-1])


def _compare(mine: Any, operator: str, value: Any) -> bool:
    return bool({"=": mine == value, ">": mine > value}[operator])


def _stamp(at: datetime) -> str:
    """To the second, with the offset as it writes it: 2026-03-01T10:00:00.000+0000."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")

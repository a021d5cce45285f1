"""The isolation matrix: every address, every method, every kind of person, their own, a foreign and a missing id.

It is generated from the URL configuration and the OpenAPI document, so that a new page is in it from its
first day. A cell is one request. It is *open* if it tells apart what must look alike, or lets somebody in:
a foreign id must answer as a missing one does, with the same status and the same body; somebody without the
right must get the same refusal whatever they ask for; every address must work for somebody, or the whole row
would prove nothing.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from django.utils import timezone

from accounts import opaque, roles, tokens
from accounts.door import policy_of
from accounts.issuing_keys import issue_key
from accounts.models import ApiKey
from accounts.tenancy.context import acting_for
from tests.cast import ApiClient
from tests.tenancy import objects
from tests.tenancy.worlds import MissingBuilder, World, build, nobody

MISSING_NUMBER = 987_654_321
NOWHERE = "nowhere"
PAGE_METHODS = ("GET", "POST")
API_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ARGUMENT = re.compile(r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>")


@dataclass(frozen=True)
class Argument:
    """One `<int:customer_id>` of an address, and the word before it."""

    word: str
    name: str


@dataclass(frozen=True)
class Route:
    """One address of the product."""

    template: str  # "/o/<slug:slug>/customers/<int:customer_id>/"; "" if it is a regular expression
    name: str
    view: Any
    policy: str | None

    @property
    def kind(self) -> str:
        return "none" if self.policy is None else self.policy.partition(":")[0]

    @cached_property
    def arguments(self) -> tuple[Argument, ...]:
        """Its arguments but the slug, which is the organization, and the token, which is a chapter of its own."""
        found, word = [], ""
        for step in self.template.split("/"):
            if match := ARGUMENT.search(step):
                if match["name"] not in ("slug", "token"):
                    found.append(Argument(word, match["name"]))
            elif step:
                word = step
        return tuple(found)

    def path(self, values: dict[str, str]) -> str:
        if not self.template:
            return objects.EXAMPLES[self.name]
        return ARGUMENT.sub(lambda match: values[match["name"]], self.template)

    def action(self, method: str) -> str | None:
        """The action that the address asks for."""
        if self.kind == "api":
            return self.view.cls.actions.get(method)
        if method in ("GET", "HEAD", "OPTIONS"):
            return getattr(self.view, "action", None)
        return getattr(self.view, "post_action", None)

    def __str__(self) -> str:
        return self.name or self.template


def routes() -> list[Route]:
    """All addresses of the root URL configuration."""
    return [
        Route("/" + path if simple else "", pattern.name or "", pattern.callback, policy_of(pattern.callback))
        for path, simple, pattern in _walk(get_resolver(), "", True)
    ]


def _walk(resolver: URLResolver, path: str, simple: bool) -> Iterator[tuple[str, bool, URLPattern]]:
    for pattern in resolver.url_patterns:
        plain = simple and isinstance(pattern.pattern, RoutePattern)
        deeper = path + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, deeper, plain)
        else:
            yield deeper, plain, pattern


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    location: str = ""

    @property
    def works(self) -> bool:
        """The address exists for this person: it did something, or said what was wrong with the input."""
        return self.status < 400 or self.status in (400, 409, 413, 415, 422, 428)

    def __str__(self) -> str:
        return f"{self.status}{' -> ' + self.location if self.location else ''}"


@dataclass(frozen=True)
class Visitor:
    """Somebody at the door."""

    name: str
    client: Client
    role: str | None = None  # a member of the organization
    scopes: tuple[str, ...] | None = None  # a live key of the organization
    elsewhere: bool = False  # in another branch than the organization's objects

    def may(self, action: str | None) -> bool:
        if action is None:
            return False
        if self.scopes is not None:
            return roles.scopes_may(self.scopes, action)
        return self.role is not None and roles.role_may(self.role, action)


@dataclass
class Report:
    """What the matrix tried and found."""

    routes: set[str] = field(default_factory=set)
    actors: set[str] = field(default_factory=set)
    cells: int = 0
    open: list[str] = field(default_factory=list)

    def told(self) -> str:
        return (
            f"{len(self.routes)} routes, {len(self.actors)} actors, {self.cells} cells, {len(self.open)} open"
        )


class Matrix:
    """Two organizations, the visitors, and the rows to try."""

    def __init__(self, *, seed: int = 0, share: float = 1.0) -> None:
        self.report = Report()
        self.own, self.foreign = build("Acme"), build("Globex", foreign=True)
        self.random = random.Random(seed)
        self.share = share
        self.members = self._members()
        self.keys = self._keys()

    # who

    def _members(self) -> list[Visitor]:
        visitors = [Visitor("anonymous", Client())]
        for who, membership in self.own.members.items():
            client = Client()
            client.force_login(membership.user)
            role = None if who == "former member" else str(membership.role)
            visitors.append(Visitor(who, client, role, elsewhere="another branch" in who))
        for name, user in (
            ("foreign owner", self.foreign.members["owner"].user),
            ("member of nothing", nobody()),
        ):
            client = Client()
            client.force_login(user)
            visitors.append(Visitor(name, client))
        return visitors

    def _keys(self) -> list[Visitor]:
        every = tuple(roles.all_scopes())
        visitors = [
            Visitor("no key", Client()),
            Visitor("owner's cookie without a key", self.members[1].client),
        ]
        for scope in every:
            visitors.append(Visitor(f"key for {scope}", self._key(self.own, (scope,)), scopes=(scope,)))
        south = self._key(self.own, every, unit=self.own.units["south"])
        revoked = self._key(self.own, every)
        visitors += [
            Visitor("key for everything", self._key(self.own, every), scopes=every),
            Visitor("test key", self._key(self.own, every, mode="test"), scopes=every),
            Visitor("key of another branch", south, scopes=every, elsewhere=True),
            Visitor("revoked key", self._revoked(revoked)),
            Visitor("forged key", ApiClient("lw_live_" + "a" * 12 + "_" + "B" * 43)),
        ]
        return visitors

    def _key(self, world: World, scopes: Iterable[str], *, mode: str = "live", unit: Any = None) -> ApiClient:
        with acting_for(world.organization):
            issued = issue_key(name="for the matrix", scopes=list(scopes), mode=mode, by=world.system)
            if unit is not None:
                ApiKey.objects.filter(pk=issued.key.pk).update(unit=unit)
        return ApiClient(issued.text)

    def _revoked(self, client: ApiClient) -> ApiClient:
        with acting_for(self.own.organization):
            ApiKey.objects.filter(prefix=client.token.split("_")[2]).update(revoked_at=timezone.now())
        return client

    # what is tried

    def run(self, wanted: Callable[[Route], bool] = lambda route: True) -> Report:
        for route in routes():
            if not wanted(route):
                continue
            if self.share < 1 and self.random.random() >= self.share:
                continue
            self.report.routes.add(route.template or route.name)
            try:
                self._try(route)
            except MissingBuilder as missing:
                self.report.open.append(f"{route}: {missing}")
        return self.report

    def _try(self, route: Route) -> None:
        if route.kind == "member":
            self._try_place(route, PAGE_METHODS, self.members, {"slug": self.own.organization.slug})
            self._try_fields_of_page(route)
        elif route.kind == "api":
            self._try_place(route, tuple(route.view.cls.actions), self.keys, {})
            self._try_fields_of_api(route)
        elif route.kind == "public":
            self._try_public(route)
        elif route.kind == "personal":
            self._try_personal(route)
        else:
            self._open(
                route, "GET", "anybody", "no policy: say who may come in (accounts.door, ApiView.actions)"
            )

    def _try_place(
        self, route: Route, methods: tuple[str, ...], visitors: list[Visitor], fixed: dict[str, str]
    ) -> None:
        own = {argument.name: self._value(route, argument, self.own) for argument in route.arguments}
        in_north = any(self._kind(route, argument) in objects.IN_NORTH for argument in route.arguments)
        for method in methods:
            works = 0
            for visitor in visitors:
                asked = self._ask(route, visitor, method, route.path({**fixed, **own}))
                if asked.status == 405:
                    continue
                may, hidden = visitor.may(route.action(method)), visitor.elsewhere and in_north
                works += may and not hidden and asked.works
                self._judge_own(route, method, visitor, asked, may=may, hidden=hidden)
                for argument in route.arguments:
                    if (argument.word, argument.name) in objects.PLAIN:
                        continue
                    self._judge_ids(
                        route, method, visitor, argument, {**fixed, **own}, asked, may=may, hidden=hidden
                    )
                if fixed and not may:
                    self._judge_slug(route, method, visitor, {**fixed, **own}, asked)
            if not works and any(
                self._ask(route, visitor, method, route.path({**fixed, **own})).status != 405
                for visitor in visitors
                if visitor.may(route.action(method))
            ):
                self._open(route, method, "everybody", "works for nobody, so the row proves nothing")

    def _judge_own(
        self, route: Route, method: str, visitor: Visitor, asked: Answer, *, may: bool, hidden: bool
    ) -> None:
        if asked.status >= 500:
            self._open(route, method, visitor.name, f"broke: {asked}")
        elif may and hidden and asked.status != 404:
            self._open(route, method, visitor.name, f"another branch's object answers {asked}")
        elif may and not hidden and asked.status in (401, 404):
            self._open(route, method, visitor.name, f"has the right and gets {asked}")
        elif not may:
            self._judge_refusal(route, method, visitor, asked)

    def _judge_refusal(self, route: Route, method: str, visitor: Visitor, asked: Answer) -> None:
        if route.kind == "api":
            expected = (403,) if visitor.scopes is not None else (401,)
        elif visitor.role is not None:
            expected = (403,)
        elif visitor.name == "anonymous":
            expected = (302,) if "log-in" in asked.location else ()
        else:
            expected = (404,)
        if asked.status not in expected:
            self._open(route, method, visitor.name, f"has no right and gets {asked}")

    def _judge_ids(
        self,
        route: Route,
        method: str,
        visitor: Visitor,
        argument: Argument,
        values: dict[str, str],
        own: Answer,
        *,
        may: bool,
        hidden: bool,
    ) -> None:
        missing_value = self._missing(route, argument)
        foreign_value = self._value(route, argument, self.foreign)
        if foreign_value == values[argument.name]:
            raise MissingBuilder(f"{route}: the foreign {argument.name} must differ from the own one.")
        foreign, missing, alike = _twins(
            lambda value: self._ask(route, visitor, method, route.path({**values, argument.name: value})),
            foreign_value,
            missing_value,
        )
        if not alike:
            self._open(
                route, method, visitor.name, f"foreign {argument.name} {foreign}, missing one {missing}"
            )
        elif may and foreign.status != 404:
            self._open(route, method, visitor.name, f"foreign {argument.name} answers {foreign}")
        refused = not may or hidden
        if refused and not _alike((own, values[argument.name]), (missing, missing_value)):
            self._open(route, method, visitor.name, f"own {argument.name} {own}, missing one {missing}")

    def _judge_slug(
        self, route: Route, method: str, visitor: Visitor, values: dict[str, str], own: Answer
    ) -> None:
        """Whoever is not a member learns nothing about which organizations there are."""
        if visitor.role is not None:
            return
        missing = self._ask(route, visitor, method, route.path({**values, "slug": NOWHERE}))
        if not _alike((own, values["slug"]), (missing, NOWHERE)):
            self._open(
                route, method, visitor.name, f"organization there {own}, organization missing {missing}"
            )

    # ids in forms, queries and bodies

    def _try_fields_of_page(self, route: Route) -> None:
        """Every choice of every form on the page, by the owner: their own, a foreign and a missing one."""
        owner = self.members[1]
        values = {argument.name: self._value(route, argument, self.own) for argument in route.arguments}
        path = route.path({**values, "slug": self.own.organization.slug})
        response = self._raw(owner, "GET", path)
        if (
            response is None
            or response.status_code != 200
            or "text/html" not in response.get("Content-Type", "")
        ):
            return
        for form in Forms.of(response.content.decode()):
            target = form.action or path
            if not target.startswith(f"/o/{self.own.organization.slug}/"):
                continue
            for name in form.choices:
                kind = self._kind_of_field(route, name, form.choices[name])
                if kind is None:
                    continue
                own, foreign, missing = (
                    str(self.own[kind].pk),
                    str(self.foreign[kind].pk),
                    str(MISSING_NUMBER),
                )
                ask = partial(self._ask_field, route, owner, form, target, name)
                *answers, alike = (ask(own), *_twins(ask, foreign, missing))
                if not alike:
                    self._open(
                        route, form.method, owner.name, f"field {name}: {answers[1]}, missing {answers[2]}"
                    )
                elif form.method == "POST" and answers[1].status in (301, 302, 303):
                    self._open(
                        route, form.method, owner.name, f"field {name} takes a foreign id: {answers[1]}"
                    )
                if answers[1].status >= 500 or answers[0].status >= 500:
                    self._open(
                        route, form.method, owner.name, f"field {name} breaks: {answers[0]}, {answers[1]}"
                    )

    def _ask_field(
        self, route: Route, visitor: Visitor, form: Form, target: str, name: str, value: str
    ) -> Answer:
        return self._ask(route, visitor, form.method, target, {**form.fields, name: value})

    def _kind_of_field(self, route: Route, name: str, options: list[str]) -> str | None:
        bare = name.removesuffix("_id").rpartition("-")[2]
        if name in objects.FIELDS:
            return objects.FIELDS[name]
        if bare in objects.BUILDERS:
            return bare
        numbers = [option for option in options if option]
        if numbers and all(option.isdigit() for option in numbers) and max(map(int, numbers)) > 1000:
            raise MissingBuilder(
                f"FIELDS in tests/tenancy/objects.py does not say what {name!r} on {route} names."
            )
        return None

    def _try_fields_of_api(self, route: Route) -> None:
        """Every property of the OpenAPI document that is an id, and every query parameter of that name."""
        key = next(visitor for visitor in self.keys if visitor.name == "key for everything")
        values = {argument.name: self._value(route, argument, self.own) for argument in route.arguments}
        path = route.path(values)
        for method, where, name, kind in ids_of(route):
            own = opaque.encode(kind, self.own[kind].pk)
            foreign = opaque.encode(kind, self.foreign[kind].pk)
            missing = opaque.encode(kind, MISSING_NUMBER)
            ask = partial(self._ask_id, route, key, method, path, where, name)
            *answers, alike = (ask(own), *_twins(ask, foreign, missing))
            if not alike:
                self._open(route, method, key.name, f"{where} {name}: {answers[1]}, missing {answers[2]}")
            if answers[0].status >= 500 or answers[1].status >= 500:
                self._open(route, method, key.name, f"{where} {name} breaks: {answers[0]}, {answers[1]}")

    def _ask_id(
        self, route: Route, visitor: Visitor, method: str, path: str, where: str, name: str, value: str
    ) -> Answer:
        return self._ask(
            route, visitor, method, path, {name: value} if where == "query" else _nested(name, value)
        )

    # public and personal pages

    def _try_public(self, route: Route) -> None:
        visitors = [self.members[0], self.members[1], self.members[-2]]
        purpose = getattr(route.view, "token", None)
        if purpose is None:
            for visitor in visitors[:1]:
                asked = self._ask(
                    route, visitor, "GET", route.path({a.name: "nonsense" for a in route.arguments})
                )
                if asked.status >= 500:
                    self._open(route, "GET", visitor.name, f"broke: {asked}")
            return
        kind = objects.TOKENS.get(purpose)
        if kind is None:
            raise MissingBuilder(
                f"TOKENS in tests/tenancy/objects.py does not say whose token {purpose!r} is."
            )
        own, foreign = self.own[kind], self.foreign[kind]
        organization = self.own.organization.pk
        generation = objects.generation(own)
        shown = {
            "own": tokens.derive(purpose, organization, own.pk, generation),
            "foreign": tokens.derive(purpose, organization, foreign.pk, objects.generation(foreign)),
            "missing": tokens.derive(purpose, organization, MISSING_NUMBER, 1),
            "of another purpose": tokens.derive("matrix", organization, own.pk, generation),
            "of no organization": tokens.derive(purpose, MISSING_NUMBER, own.pk, generation),
            "nonsense": "nonsense",
        }
        works = 0
        for visitor in visitors:
            for method in PAGE_METHODS:
                answers = {
                    name: self._ask(route, visitor, method, route.path({"token": token}))
                    for name, token in shown.items()
                }
                if answers["own"].status == 405:
                    continue
                works += answers["own"].works
                if not _alike(*((answer, shown[name]) for name, answer in answers.items() if name != "own")):
                    told = ", ".join(f"{name} {answer}" for name, answer in answers.items())
                    self._open(route, method, visitor.name, f"tokens do not look alike: {told}")
                elif answers["foreign"].status != 404:
                    self._open(route, method, visitor.name, f"a foreign token answers {answers['foreign']}")
                if answers["own"].status >= 500:
                    self._open(route, method, visitor.name, f"broke: {answers['own']}")
        if not works:
            self._open(route, "GET", "everybody", "works for nobody, so the row proves nothing")

    def _try_personal(self, route: Route) -> None:
        path = route.path(
            {argument.name: self._value(route, argument, self.own) for argument in route.arguments}
        )
        for method in PAGE_METHODS:
            asked = self._ask(route, self.members[0], method, path)
            if asked.status != 405 and not (asked.status == 302 and "log-in" in asked.location):
                self._open(route, method, "anonymous", f"a personal page answers {asked}")
            for visitor in self.members[1:]:
                asked = self._ask(route, visitor, method, path)
                if asked.status >= 500:
                    self._open(route, method, visitor.name, f"broke: {asked}")

    # small things

    def _kind(self, route: Route, argument: Argument) -> str:
        return self._place(route, argument)[0]

    def _place(self, route: Route, argument: Argument) -> tuple[str, Callable[[Any], Any]]:
        """The kind of object an argument names, and what of it stands in the address."""
        known = objects.PLACES.get((route.name, argument.name)) or objects.PLACES.get(
            (argument.word, argument.name)
        )
        if isinstance(known, tuple):
            return known
        if known is not None:
            return known, _primary_key
        if (argument.word, argument.name) in objects.PLAIN:
            return "", _primary_key
        for kind in objects.BUILDERS:
            plural = {f"{kind}s", f"{kind[:-1]}ies", kind}
            if argument.word in plural and argument.name in ("pk", "id", f"{kind}_id", kind):
                return kind, _primary_key
        raise MissingBuilder(
            f"PLACES in tests/tenancy/objects.py does not say what <{argument.name}> after {argument.word}/ names:"
            f' ("{argument.word}", "{argument.name}"): "customer"'
        )

    def _value(self, route: Route, argument: Argument, world: World) -> str:
        plain = objects.PLAIN.get((argument.word, argument.name))
        if plain is not None:
            return plain
        kind, part = self._place(route, argument)
        value = part(world[kind])
        return opaque.encode(kind, value) if route.kind == "api" and isinstance(value, int) else str(value)

    def _missing(self, route: Route, argument: Argument) -> str:
        kind, _ = self._place(route, argument)
        return opaque.encode(kind, MISSING_NUMBER) if route.kind == "api" else str(MISSING_NUMBER)

    def _ask(
        self,
        route: Route,
        visitor: Visitor,
        method: str,
        path: str,
        fields: dict[str, Any] | None = None,
        *,
        follow: bool = False,
    ) -> Answer:
        """One cell: a request whose effects are undone."""
        if fields is None:
            fields = objects.SENT.get((route.name, method))
        self.report.cells += 1
        self.report.actors.add(visitor.name)
        try:
            response = self._raw(visitor, method, path, fields, follow=follow)
        except IntegrityError as refused:
            return Answer(500, f"the commit would fail: {type(refused).__name__}")
        content = b"".join(response.streaming_content) if response.streaming else response.content
        return Answer(response.status_code, content.decode(errors="replace"), response.get("Location", ""))

    def _raw(
        self,
        visitor: Visitor,
        method: str,
        path: str,
        fields: dict[str, Any] | None = None,
        *,
        follow: bool = False,
    ) -> Any:
        client = visitor.client
        client.raise_request_exception = False
        kept = {name: morsel.value for name, morsel in client.cookies.items()}
        with transaction.atomic():
            if method == "GET":
                response = client.get(path, fields or {}, follow=follow)
            elif path.startswith("/api/"):
                response = client.generic(
                    method, path, json.dumps(fields or {}), content_type="application/json"
                )
            elif method == "POST":
                response = client.post(path, fields or {}, follow=follow)
            else:
                response = client.generic(method, path)
            if method != "GET" and not connection.needs_rollback:
                self._check_keys()
            transaction.set_rollback(True)
        if {name: morsel.value for name, morsel in client.cookies.items()} != kept:
            client.cookies = SimpleCookie(kept)
        return response

    def _check_keys(self) -> None:
        """What a commit would check: a foreign id that was taken leaves a key that leads nowhere."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    def _open(self, route: Route, method: str, who: str, why: str) -> None:
        self.report.open.append(f"{method} {route.template or route} [{route.policy}] for {who}: {why}")


def _primary_key(row: Any) -> Any:
    return row.pk


def _nested(name: str, value: str) -> dict[str, Any]:
    """{"a": {"b": value}} for "a.b"; [value] where the name ends in "[]"."""
    head, _, rest = name.partition(".")
    inner: Any = _nested(rest, value) if rest else value
    if head.endswith("[]"):
        return {head.removesuffix("[]"): [inner]}
    return {head: inner}


NOISE = (
    re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"'),
    re.compile(r'nonce="[^"]*"'),
    re.compile(r"csrf[-_a-z]*[\"':= ]+[\"']?[A-Za-z0-9]{32,64}", re.IGNORECASE),
)


def _twins(ask: Callable[[str], Answer], foreign: str, missing: str) -> tuple[Answer, Answer, bool]:
    """The answers to a foreign and to a missing id, and whether they are alike.

    Pages tell the time ("23 h 59 left"), which may move on between the two: who differs is asked once more. What
    gives a foreign id away does so every time.
    """
    for _ in range(2):
        answers = ask(foreign), ask(missing)
        if _alike((answers[0], foreign), (answers[1], missing)):
            return *answers, True
    return *answers, False


def _alike(*asked: tuple[Answer, str]) -> bool:
    """Whether answers are the same but for the ids that were asked for, and values that are new in each page."""
    values = "|".join(re.escape(value) for _, value in asked)
    blind = re.compile(rf"(?<![0-9A-Za-z])(?:{values})(?![0-9A-Za-z])")
    told = set()
    for answer, _ in asked:
        text = answer.text
        for noise in NOISE:
            text = noise.sub("", text)
        told.add((answer.status, blind.sub("ID", answer.location), blind.sub("ID", text)))
    return len(told) == 1


def ids_of(route: Route) -> list[tuple[str, str, str, str]]:
    """(method, "query" or "body", name, kind) of every id that the OpenAPI document says an address takes."""
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.template)
    document = _document()
    found = []
    for method, operation in document["paths"].get(path, {}).items():
        for parameter in operation.get("parameters", []):
            kind = parameter.get("schema", {}).get("x-id-of") or _kind_by_name(parameter["name"])
            if parameter["in"] == "query" and kind:
                found.append((method.upper(), "query", parameter["name"], kind))
        content = operation.get("requestBody", {}).get("content", {})
        for body in content.values():
            for name, kind in _ids_in(body["schema"], document):
                found.append((method.upper(), "body", name, kind))
    return list(dict.fromkeys(found))


def _kind_by_name(name: str) -> str | None:
    if name in objects.FIELDS:
        return objects.FIELDS[name]
    return name if name in objects.BUILDERS and name in opaque.PREFIXES else None


def _ids_in(schema: dict[str, Any], document: dict[str, Any], depth: int = 0) -> Iterator[tuple[str, str]]:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from _ids_in(part, document, depth)
    if depth > 4:
        return
    for name, inner in schema.get("properties", {}).items():
        if kind := inner.get("x-id-of"):
            yield name, kind
        elif inner.get("type") == "array":
            items = inner.get("items", {})
            if kind := items.get("x-id-of"):
                yield f"{name}[]", kind
            for deeper, kind in _ids_in(items, document, depth + 1):
                yield f"{name}[].{deeper}", kind
        else:
            for deeper, kind in _ids_in(inner, document, depth + 1):
                yield f"{name}.{deeper}", kind


def _document() -> dict[str, Any]:
    from drf_spectacular.generators import SchemaGenerator

    if not _kept:
        _kept.append(SchemaGenerator().get_schema(request=None, public=True))
    return _kept[0]


_kept: list[dict[str, Any]] = []


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, Any] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)


class Forms(HTMLParser):
    """The forms of a page, with what they would send, and their choices."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._form: Form | None = None
        self._select = ""

    @classmethod
    def of(cls, page: str) -> list[Form]:
        parser = cls()
        parser.feed(page)
        return parser.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        name, value = told.get("name") or "", told.get("value") or ""
        if tag == "form":
            action = (told.get("action") or "").partition("?")[0]
            self._form = Form(action, (told.get("method") or "get").upper())
            self.found.append(self._form)
        elif self._form is None or (not name and tag != "option"):
            return
        elif tag == "select":
            self._select = name
            self._form.choices[name] = []
        elif tag == "option" and self._select:
            self._form.choices[self._select].append(value)
            if "selected" in told or len(self._form.choices[self._select]) == 1:
                self._form.fields[self._select] = value
        elif tag == "input":
            kind = told.get("type") or "text"
            if kind in ("checkbox", "radio"):
                if value.isdigit():
                    self._form.choices.setdefault(name, []).append(value)
                if "checked" in told:
                    self._form.fields[name] = value or "on"
            elif kind not in ("submit", "button", "file", "image"):
                self._form.fields[name] = value
        elif tag == "textarea":
            self._form.fields[name] = "text"

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""


def row_security_is_off() -> bool:
    """Whether the connection's user is one that row security does not hold: the second pass of the matrix."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])

"""The OpenAPI document, and a page that shows it without a script."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularJSONAPIView

from accounts.api.problems import TITLES
from accounts.door import public_page

METHODS = ("get", "post", "put", "patch", "delete")


class SchemaView(SpectacularJSONAPIView):
    """OpenAPI 3.1, the same for everybody: it tells of the product and of no organization."""

    policy = "public:api schema"
    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    summary: str
    description: str
    parameters: list[dict[str, Any]]
    takes: str
    gives: str


@cache
def schema() -> dict[str, Any]:
    """The document; it changes with the code only."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return document


def _name_of(content: dict[str, Any] | None) -> str:
    """The name of the component that a body is made of."""
    for each in (content or {}).get("content", {}).values():
        return str(each.get("schema", {}).get("$ref", "")).rsplit("/", 1)[-1]
    return ""


def operations() -> dict[str, list[Operation]]:
    """Resource -> its operations, in the order of the paths."""
    found: dict[str, list[Operation]] = {}
    for path, methods in schema()["paths"].items():
        resource = path.removeprefix("/api/v1/").split("/")[0]
        for method in METHODS:
            if (told := methods.get(method)) is None:
                continue
            good = next((body for status, body in told["responses"].items() if status.startswith("2")), None)
            words = told.get("description", "").strip().split("\n\n")
            found.setdefault(resource, []).append(
                Operation(
                    method.upper(),
                    path,
                    told["operationId"].replace("_", " "),
                    " ".join(words).replace("`", ""),
                    [_plain(each) for each in told.get("parameters", ()) if each["in"] != "path"],
                    _name_of(told.get("requestBody")),
                    _name_of(good),
                )
            )
    return dict(sorted(found.items()))


def _plain(parameter: dict[str, Any]) -> dict[str, Any]:
    return {**parameter, "description": str(parameter.get("description", "")).replace("`", "")}


def components() -> list[tuple[str, list[tuple[str, str, str, bool]]]]:
    """Each body with its fields: name, type, note, required."""
    listed = []
    for name, told in sorted(schema().get("components", {}).get("schemas", {}).items()):
        required = set(told.get("required", ()))
        fields = [
            (field, _type_of(body), str(body.get("description", "")), field in required)
            for field, body in told.get("properties", {}).items()
        ]
        if fields:
            listed.append((name, fields))
    return listed


def _type_of(body: dict[str, Any]) -> str:
    if "$ref" in body:
        return str(body["$ref"]).rsplit("/", 1)[-1]
    for several in ("oneOf", "anyOf", "allOf"):
        if several in body:
            return " or ".join(_type_of(each) for each in body[several])
    if body.get("type") == "array":
        return f"list of {_type_of(body.get('items', {}))}"
    kind = body.get("type", "any")
    kind = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{kind} ({body['format']})" if "format" in body else kind


@public_page("api docs")
def api_docs(request: HttpRequest) -> HttpResponse:
    told = {"resources": operations(), "components": components(), "problems": TITLES.items()}
    return render(request, "accounts/api_docs.html", told)

"""What the OpenAPI document says of keys, ids and problems."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema

from accounts import opaque

PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `errors` names each wrong field by its path.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "message", "code"],
                "properties": {
                    "path": {"type": "string", "examples": ["rules[1].value"]},
                    "message": {"type": "string"},
                    "code": {"type": "string"},
                },
            },
        },
    },
    "additionalProperties": True,
}


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "An API key: lw_live_… or lw_test_…"}


class OpaqueIdSchema(OpenApiSerializerFieldExtension):
    target_class = "accounts.api.ids.OpaqueId"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        kind = self.target.kind
        prefix = opaque.PREFIXES[kind]
        return {
            "type": "string",
            "pattern": f"^{prefix}_[0-9A-Za-z]{{11}}$",
            "description": "An opaque id.",
            # The isolation matrix puts foreign and missing ids into every field of this kind.
            "x-id-of": kind,
        }


class Schema(AutoSchema):
    """Each method names its scope, may be refused with problems, and may be repeated with a key."""

    def get_description(self) -> str:  # type: ignore[override]
        from accounts import roles

        told = super().get_description()
        name = getattr(self.view, "actions", {}).get(self.method)
        scope = roles.action(name).scope if name else None
        return f"{told}\n\nScope: `{scope}`." if scope else told

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        self.registry.register_on_missing(_problem_component())
        problem = {
            "description": "A problem.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in ("400", "401", "403", "404", "405", "409", "415", "422", "429"):
            operation["responses"].setdefault(status, problem)
        if self.method not in ("GET", "HEAD", "OPTIONS"):
            operation.setdefault("parameters", []).append(
                {
                    "in": "header",
                    "name": "Idempotency-Key",
                    "schema": {"type": "string", "maxLength": 255},
                    "description": "Repeating the request with it within 24 hours does it once.",
                }
            )
        return operation


def _problem_component() -> Any:
    from drf_spectacular.plumbing import ResolvedComponent

    return ResolvedComponent(name="Problem", type=ResolvedComponent.SCHEMA, schema=PROBLEM, object="Problem")

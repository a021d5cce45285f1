"""Who asks the API, and whether the key's scopes allow it. Imported by settings: no views here."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts import roles
from accounts.acting import Actor


class KeyAuthentication(BaseAuthentication):
    """Authorization: Bearer lw_live_…; proved by the door, only read here."""

    def authenticate(self, request: Request) -> tuple[Actor, Any] | None:
        actor = getattr(request._request, "actor", None)
        if actor is None or actor.kind != "key":
            return None
        return actor, actor.key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Loopwell"'


class HasScope(BasePermission):
    """The key holds the scope of the action that the view names for the method."""

    def has_permission(self, request: Any, view: Any) -> bool:
        name = view.actions.get("GET" if request.method == "HEAD" else request.method)
        if request.method == "OPTIONS":
            return request.actor is not None
        if name is None:
            raise exceptions.MethodNotAllowed(request.method or "")
        if request.actor is None:
            return False
        if not request.actor.may(name):
            scope = roles.action(name).scope
            raise exceptions.PermissionDenied(_("This needs the scope “%(scope)s”.") % {"scope": scope})
        return True

"""A plugin of mypy: what our middleware lays on a request is part of HttpRequest."""

from collections.abc import Callable

from mypy.nodes import MDEF, SymbolTableNode, Var
from mypy.plugin import ClassDefContext, Plugin
from mypy.types import AnyType, TypeOfAny

# accounts.middleware.Door, config.headers, django-htmx.
LAID_ON = ("organization", "actor", "membership", "csp_nonce", "htmx")


class Requests(Plugin):
    def get_customize_class_mro_hook(self, fullname: str) -> Callable[[ClassDefContext], None] | None:
        return add_attributes if fullname == "django.http.request.HttpRequest" else None


def add_attributes(context: ClassDefContext) -> None:
    info = context.cls.info
    for name in LAID_ON:
        if name not in info.names:
            variable = Var(name, AnyType(TypeOfAny.explicit))
            variable.info = info
            variable._fullname = f"{info.fullname}.{name}"
            info.names[name] = SymbolTableNode(MDEF, variable, plugin_generated=True)


def plugin(version: str) -> type[Plugin]:
    return Requests

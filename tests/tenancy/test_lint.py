"""Rules about our own text that no linter knows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
APPS = ("accounts", "segments", "surveys", "outreach", "config")


def sources() -> Iterator[tuple[str, str]]:
    for app in APPS:
        for file in sorted((ROOT / app).rglob("*.py")):
            yield str(file.relative_to(ROOT)), file.read_text()


def test_the_organization_is_told_to_the_database_in_one_file() -> None:
    """A setting for the session, or one made elsewhere, would greet the connection's next user.

    A trigger may note something of its own under `loopwell.`, for its transaction.
    """
    other = re.compile(r"set_config\((?!'loopwell\.\w+', \w+, true\))")
    assert {name for name, text in sources() if other.search(text)} == {"accounts/tenancy/context.py"}


def test_nobody_uses_the_hatch() -> None:
    used = {
        name
        for name, text in sources()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and node.attr == "unlocked"
    }
    assert used == set()


def test_nobody_becomes_somebody_else() -> None:
    for name, text in sources():
        for forbidden in (
            "SET ROLE",
            "SET SESSION AUTHORIZATION",
            "row_security = off",
            "session_replication_role",
        ):
            assert forbidden not in text, name


def test_the_operator_steps_in_at_few_places() -> None:
    assert {name for name, text in sources() if "as_operator(" in text} <= {
        "accounts/management/commands/migrate.py",
        "accounts/tenancy/roles.py",
        "accounts/tenancy/testing.py",
    }


def test_models_forms_of_tenants_see_duplicates() -> None:
    """Every ModelForm over a tenant model derives from TenantModelForm."""
    from django import forms
    from django.urls import get_resolver

    from accounts.tenancy.fields import organization_key
    from accounts.tenancy.forms import TenantModelForm

    assert get_resolver().url_patterns  # loads all views, and with them all forms

    def below(cls: type) -> Iterator[type]:
        for child in cls.__subclasses__():
            yield child
            yield from below(child)

    for form in below(forms.ModelForm):
        model = getattr(getattr(form, "_meta", None), "model", None)
        if model is not None and organization_key(model) is not None:
            assert issubclass(form, TenantModelForm), form

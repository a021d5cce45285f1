"""Migrations in a quarter of the time: an index or a constraint does not rebuild the models around it.

Django renders a model anew, and with it every model that it is related to, after each AddIndex and AddConstraint.
Our models are all related to each other and carry a constraint for every tenant key, so that took four fifths of
`migrate`. All that a rendered model has of its indexes and constraints is two lists: adding to them is enough.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ProjectState


@contextmanager
def rendered_once() -> Iterator[None]:
    """While this is open, indexes and constraints are noted in the state and on the rendered model."""

    def note(self: ProjectState, app_label: str, model_name: str, option_name: str, obj: Any) -> None:
        options = self.models[app_label, model_name].options
        options[option_name] = [*options[option_name], obj]
        if "apps" in self.__dict__:  # rendered already
            rendered = self.apps.get_model(app_label, model_name)._meta
            setattr(rendered, option_name, [*getattr(rendered, option_name), obj])

    django = ProjectState._append_option  # type: ignore[attr-defined]
    ProjectState._append_option = note  # type: ignore[attr-defined]
    try:
        yield
    finally:
        ProjectState._append_option = django  # type: ignore[attr-defined]

"""The floor plan is kept by contracts; here they are shown to be able to say no."""

import pytest
from grimp import ImportGraph

from tests.rooms import RoomsContract, room_of

PURE = {"surveys.nps", "surveys.kinds"}


def contract() -> RoomsContract:
    return RoomsContract(
        name="rooms",
        session_options={},
        contract_options={"apps": ["surveys"], "pure": sorted(PURE)},
    )


def graph_with(importer: str, imported: str) -> ImportGraph:
    graph = ImportGraph()
    graph.add_import(importer=importer, imported=imported)
    return graph


@pytest.mark.parametrize(
    ("module", "room"),
    [
        ("surveys.views.results", "edges"),
        ("surveys.tasks", "edges"),
        ("surveys.publishing", "verbs"),
        ("surveys.models.response", "nouns"),
        ("surveys.nps", "pure"),
        ("surveys.kinds.choice", "pure"),
        ("accounts.tenancy.models", "ground"),
        ("surveys.apps", None),
    ],
)
def test_a_module_is_in_one_room(module: str, room: str | None) -> None:
    assert room_of(module, PURE) == room


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("surveys.models.response", "surveys.answering"),
        ("surveys.publishing", "surveys.views.editing"),
        ("surveys.nps", "surveys.models.response"),
        ("surveys.nps", "django.db"),
    ],
)
def test_an_import_that_climbs_is_refused(importer: str, imported: str) -> None:
    assert not contract().check(graph_with(importer, imported), verbose=False).kept


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("surveys.views.editing", "surveys.publishing"),
        ("surveys.publishing", "surveys.models.survey"),
        ("surveys.models.response", "surveys.nps"),
        ("surveys.publishing", "surveys.branching"),
    ],
)
def test_an_import_that_goes_down_is_kept(importer: str, imported: str) -> None:
    assert contract().check(graph_with(importer, imported), verbose=False).kept

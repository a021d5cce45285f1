"""An import-linter contract: the four rooms of each app, one above the other (docs/architecture.md).

Edges by their names, nouns by `models`, pure modules by the list in pyproject.toml; whatever else an app
holds is a verb. A room may call its own floor and those beneath. Pure modules know no Django, no database.
"""

from importlinter import Contract, ContractCheck, fields, output

EDGES = frozenset(
    "admin api checks forms management middleware navigation public tasks templatetags urls views".split()
)
# What models themselves are made of: the kernel of tenancy, and small modules that need Django but no rows.
GROUND = frozenset({"tenancy", "tokens", "zones", "sockets"})
# Wiring that Django or config/sockets.py asks for by name.
UNBOUND = frozenset({"apps", "migrations"})
ROOMS = ("pure", "ground", "nouns", "verbs", "edges")
NOT_PURE = ("django", "psycopg", "celery", "rest_framework", "redis")


def room_of(module: str, pure: set[str]) -> str | None:
    """Which room `surveys.views.results` is in; None for what belongs to none."""
    parts = module.split(".")
    if len(parts) < 2 or parts[1] in UNBOUND:
        return None
    if any(".".join(parts[:length]) in pure for length in range(2, len(parts) + 1)):
        return "pure"
    if parts[1] in GROUND:
        return "ground"
    if parts[1] in EDGES:
        return "edges"
    return "nouns" if parts[1] == "models" else "verbs"


class RoomsContract(Contract):
    """[[tool.importlinter.contracts]] type = "rooms", with `apps` and `pure`."""

    apps = fields.ListField(subfield=fields.StringField())
    pure = fields.ListField(subfield=fields.StringField())

    def check(self, graph, verbose):  # type: ignore[no-untyped-def]
        pure = set(self.pure)
        climbs = []
        for importer in sorted(graph.modules):
            app = importer.split(".")[0]
            if app not in self.apps:
                continue
            room = room_of(importer, pure)
            if room is None:
                continue
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                if room == "pure" and imported.split(".")[0] in NOT_PURE:
                    climbs.append((importer, room, imported, "not pure"))
                if imported.split(".")[0] != app:
                    continue  # storeys are the other contract's
                other = room_of(imported, pure)
                if other is not None and ROOMS.index(other) > ROOMS.index(room):
                    climbs.append((importer, room, imported, other))
        return ContractCheck(kept=not climbs, metadata={"climbs": climbs})

    def render_broken_contract(self, check):  # type: ignore[no-untyped-def]
        for importer, room, imported, other in check.metadata["climbs"]:
            output.print_error(
                f"{importer} ({room}) is not allowed to import {imported} ({other})", bold=False
            )

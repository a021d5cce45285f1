"""Look-ups whose operator is leakproof, so that their index works under row security."""

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler


@models.CharField.register_lookup
@models.TextField.register_lookup
class BeginsWith(models.Lookup):
    """`name__begins="Ann"`: PostgreSQL's `^@`.

    `startswith` becomes LIKE, which is not leakproof and must not be marked so (it leaks: see
    docs/decisions/0002-leakproof-functions.md); the planner then filters every row of every tenant first.
    Wants a C collation or an operator class text_pattern_ops to use an index.
    """

    lookup_name = "begins"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[object]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} ^@ {right}", [*left_params, *right_params]

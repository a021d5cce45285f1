"""One statement, and before it the setting that row security reads, in one trip to the server and one transaction.

The driver's own pipeline does the same with a cursor for each statement; for an accepted answer that took as long
as everything else between the form and the database. So the server's library is spoken to directly here, by the
driver's own waiting. Values go as text: the statement casts each of its parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from accounts.tenancy.context import TELL

Driver = psycopg.Connection[Any]


@dataclass(frozen=True)
class Statement:
    """A text with $1, $2 ... and the name under which the server keeps it prepared."""

    name: bytes
    text: bytes


_TELL = Statement(b"loopwell_tell", TELL.encode())

# What each connection has prepared; a connection that is gone takes its names along.
_prepared: WeakKeyDictionary[Driver, set[bytes]] = WeakKeyDictionary()


def first_row(
    driver: Driver,
    statement: Statement,
    values: Sequence[Any],
    *,
    organization_id: int,
    prepares: bool = True,
) -> tuple[Any, ...] | None:
    """The statement's first row; None if it has none. What it did is written when this returns.

    The connection is in no transaction. Raises the driver's errors; a connection that broke off in the middle
    is closed.
    """
    adapting = Transformer(driver)
    tell = (_TELL, adapting.dump_sequence([str(organization_id)], [PyFormat.TEXT]))
    ask = (statement, adapting.dump_sequence(values, [PyFormat.TEXT] * len(values)))
    known = _prepared.setdefault(driver, set())
    pgconn = driver.pgconn
    pgconn.enter_pipeline_mode()
    try:
        for each, texts in (tell, ask):
            if not prepares:
                pgconn.send_query_params(each.text, texts)
                continue
            if each.name not in known:
                pgconn.send_prepare(each.name, each.text)
            pgconn.send_query_prepared(each.name, texts)
        # Without BEGIN: everything up to here is one transaction, and the setting ends with it.
        pgconn.pipeline_sync()
        results = driver.wait(_until_synced(pgconn))
        pgconn.exit_pipeline_mode()
    except BaseException:
        driver.close()  # nobody knows what is still on its way
        raise
    for result in results:
        if result.status == ExecStatus.FATAL_ERROR:
            raise psycopg.errors.error_from_result(result, encoding=driver.info.encoding)
    if prepares:
        known |= {_TELL.name, statement.name}
    last = results[-1]
    if not last.ntuples:
        return None
    adapting.set_pgresult(last)
    return adapting.load_row(0, tuple)


def _until_synced(pgconn: PGconn) -> PQGen[list[PGresult]]:
    yield from generators.send(pgconn)
    found: list[PGresult] = []
    while True:
        got = yield from generators.fetch_many(pgconn)
        if got and got[0].status == ExecStatus.PIPELINE_SYNC:
            return found
        found += got

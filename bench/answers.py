"""Answers accepted, against pgbench doing the same writes; CPU per answer; weight of the hosted page.

The web server is the product's own, behind it the statement of surveys.answering; pgbench runs that very
statement, prepared, between BEGIN and COMMIT with the organization set. Both on the same rows' kin.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg

from bench._asked import Link, Visitor, World, ask, web
from bench.yardstick import Ratio

ANSWERS = int(os.environ.get("BENCH_ANSWERS", "4000"))
WARM = 200
CLIENTS = 4
ROUNDS = 3


def measure() -> Iterator[Ratio]:
    from accounts.models import News
    from accounts.tenancy.staging import fresh_statistics
    from surveys.models import Answer, Response

    world = ask((ANSWERS + WARM) * 2)
    half = len(world.links) // 2
    for_web, for_pgbench = world.links[:half], world.links[half:]
    rates: list[float] = []
    costs: list[tuple[float, float]] = []
    with web(workers=2) as (port, server):
        _post(port, for_web[:WARM])
        # The server itself does this within a minute of the first rows; the whole bench is over before.
        for model in (Response, Answer, News):
            fresh_statistics(model)
        rest = for_web[WARM:]
        size = len(rest) // ROUNDS
        part = len(for_pgbench) // ROUNDS
        theirs: list[tuple[float, float]] = []
        for number in range(ROUNDS):
            before, start = (_cpu_of_tree(server.pid), _cpu_of_database()), time.monotonic()
            _post(port, rest[number * size : (number + 1) * size])
            took = time.monotonic() - start
            after = (_cpu_of_tree(server.pid), _cpu_of_database())
            costs.append(((after[0] - before[0]) / size * 1000, (after[1] - before[1]) / size * 1000))
            rates.append(size / took)
            theirs.append(_pgbench(world, for_pgbench[number * part : (number + 1) * part]))
        status, page = Visitor(port).get(f"/s/{for_pgbench[0].token}?score=9")
    rate, (of_web, of_database) = _middle(rates), sorted(costs, key=sum)[len(costs) // 2]
    pgbench_rate, pgbench_cost = _middle([each[0] for each in theirs]), _middle([each[1] for each in theirs])
    yield Ratio(
        "answers accepted, against pgbench doing the same writes",
        rate / pgbench_rate,
        target=0.35,
        moonshot=0.8,
        more_is_better=True,
        note=f"{rate:,.0f} answers/s over HTTP, {pgbench_rate:,.0f} transactions/s by pgbench",
    )
    yield Ratio(
        "CPU per accepted answer, web and database",
        of_web + of_database,
        target=2,
        moonshot=1,
        unit=" ms",
        note=f"web {of_web:.2f} ms, database {of_database:.2f} ms; "
        f"{(of_web + of_database) / pgbench_cost:.1f} times one pgbench transaction ({pgbench_cost:.2f} ms)",
    )
    if status != 200:
        raise RuntimeError(f"the hosted page answered {status}")
    others = re.findall(rb'<(?:script|img|link)[^>]+(?:src|href)="(?!data:)', page)
    yield Ratio("hosted survey page, bytes", len(page) / 1024, target=30, moonshot=14, unit=" KB")
    yield Ratio("hosted survey page, requests", 1 + len(others), target=3, moonshot=1, unit="")


def _post(port: int, links: Sequence[Link]) -> None:
    """Every link answered once, over kept connections."""
    failures: list[str] = []

    def answer(mine: Sequence[Link]) -> None:
        visitor = Visitor(port)
        for place, link in enumerate(mine):
            status = visitor.post(link, place % 11)
            if status != 303:
                failures.append(f"status {status}")
                return
        visitor.close()

    threads = [threading.Thread(target=answer, args=(links[start::CLIENTS],)) for start in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])


def _pgbench(world: World, links: Sequence[Link]) -> tuple[float, float]:
    """Transactions a second, and CPU milliseconds of pgbench and database for one."""
    # Not the parts of a split address: a socket's folder stands in it percent-encoded.
    server = psycopg.conninfo.conninfo_to_dict(os.environ["DATABASE_URL"])
    each = len(links) // CLIENTS
    script = _script(world, links[0].invitation)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer.sql"
        path.write_text(script)
        binary = Path(os.environ.get("POSTGRES_BINARIES", "")) / "pgbench"
        command = [
            str(binary) if binary.exists() else "pgbench", "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "1",
            "-t", str(each), "-D", "i=-1", "-f", str(path),
            "-h", str(server.get("host", "")), "-p", str(server.get("port", 5432)),
            "-U", str(server.get("user", "")), str(server["dbname"]),
        ]  # fmt: skip
        before = _cpu_of_database() + os.times().children_user + os.times().children_system
        environment = {**os.environ, "PGPASSWORD": str(server.get("password", ""))}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        after = _cpu_of_database() + os.times().children_user + os.times().children_system
    found = re.search(r"tps = ([\d.]+) \(without", done.stdout)
    processed = re.search(r"processed: (\d+)/", done.stdout)
    if done.returncode or not found or not processed:
        raise RuntimeError(done.stderr[-2000:] or done.stdout[-2000:])
    return float(found[1]), (after - before) / int(processed[1]) * 1000


def _script(world: World, first: int) -> str:
    """The statement of surveys.answering with literals, but for the invitation, which each turn has its own."""
    from django.db import connection
    from django.utils import timezone

    from accounts.models import Organization
    from accounts.tenancy.context import acting_for
    from surveys import answering, reading

    organization = Organization.objects.get(pk=world.organization_id)
    with acting_for(organization):
        definition = answering.definition_by_id(organization.pk, world.version_id)
        sheet = reading.read_form(
            definition,
            definition.questions,
            {"nps": ["9"], "reason_promoter": ["Very helpful people at the till"]},
        )
        page = answering.FirstPage(
            sheet.values, world.version_id, world.survey_id, 0, invitation_id=-7_777_777, language="en"
        )
        now = timezone.now()
        parameters = answering._parameters(page, definition, organization.pk, now, now, complete=True)
        parameters["id"] = -8_888_888
        cursor = psycopg.ClientCursor(connection.connection)
        statement = cursor.mogrify(answering.TAKE_IN_INVITED, parameters)
    statement = " ".join(statement.split())
    statement = statement.replace("'-7777777'", "-7777777").replace("'-8888888'", "-8888888")
    statement = re.sub(r"\s*-7777777", f" ({first} + :client_id + {CLIENTS} * :i)", statement)
    statement = re.sub(r"\s*-8888888", " nextval('surveys_response_id_seq')", statement)
    return (
        "\\set i :i + 1\nBEGIN;\n"
        f"SELECT set_config('app.organization', '{organization.pk}', true);\n{statement};\nCOMMIT;\n"
    )


def _cpu_of_database() -> float:
    """Seconds of the whole cluster so far, ended backends included."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    return _cpu_of_tree(int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1]))


def _cpu_of_tree(parent: int) -> float:
    """Seconds of a process, of its living children, and of those it has buried."""
    ticks = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        own = int(status.parent.name) == parent
        if own or int(fields[1]) == parent:
            ticks += int(fields[11]) + int(fields[12])
        if own:
            ticks += int(fields[13]) + int(fields[14])
    return ticks / os.sysconf("SC_CLK_TCK")


def _middle(figures: Sequence[float]) -> float:
    return sorted(figures)[len(figures) // 2]

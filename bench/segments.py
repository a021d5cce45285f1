"""Segments at 200,000 customers under row security, against DuckDB on the same rows; import against bare COPY."""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from bench.yardstick import Ratio

CUSTOMERS = 200_000
IMPORTED = 100_000
ROUNDS = 7


def measure() -> Iterator[Ratio]:
    import django

    django.setup()
    from django.core.management import call_command

    from accounts.models import Organization
    from accounts.tenancy.context import acting_for

    call_command("migrate", verbosity=0, skip_checks=True)
    organization, _made = Organization.objects.get_or_create(
        slug="bench-segments", defaults={"name": "Bench of segments"}
    )
    with acting_for(organization):
        fill()
    yield from counts(organization)
    yield from imports()


def fill(size: int = CUSTOMERS) -> None:
    """So many customers, made once and kept for the next run; every fact from one seed."""
    from accounts.tenancy.context import current_organization_id
    from accounts.tenancy.staging import copy_rows, fresh_statistics
    from segments.models import Attribute, Customer

    if Customer.objects.count() >= size:
        return
    Attribute.objects.get_or_create(
        key="plan", defaults={"label": "Plan", "kind": "choice", "choices": ["basic", "gold", "team"]}
    )
    Attribute.objects.get_or_create(key="spend", defaults={"label": "Spend", "kind": "number"})
    assert current_organization_id()
    fields = [
        "name", "first_name", "email", "email_lower", "phone", "locale", "time_zone", "mode", "source",
        "attributes", "stage", "stage_told", "last_score", "last_category", "previous_category", "last_channel",
        "last_touchpoint", "answer_count", "revision", "changed", "created_at", "updated_at",
    ]  # fmt: skip
    copy_rows(Customer, fields, rows(size))
    fresh_statistics(Customer)


def rows(size: int = CUSTOMERS) -> Iterator[tuple[Any, ...]]:
    from django.utils import timezone

    chance, now = random.Random(5), timezone.now()
    for number in range(size):
        score = chance.randint(0, 10) if chance.random() < 0.6 else None
        category = (
            "" if score is None else "detractor" if score < 7 else "passive" if score < 9 else "promoter"
        )
        yield (
            f"Person {number}", "", f"p{number}@bench.example", f"p{number}@bench.example", "", "en", "", "live",
            "bench", {"plan": chance.choice(["basic", "gold", "team"]), "spend": chance.randint(0, 10_000)},
            chance.choice(["new", "active", "loyal"]), False, score, category, "", "email", "", int(score is not None),
            1, 0, now, now,
        )  # fmt: skip


# name, our rule, the same asked of DuckDB
QUESTIONS: list[tuple[str, bool, dict[str, Any], str]] = [
    (
        "broad: score at most 8 or none, stage not new",
        True,
        {"all": [
            {"any": [{"field": "score", "operator": "at_most", "value": 8},
                     {"field": "score", "operator": "is_unknown"}]},
            {"field": "stage", "operator": "is_not", "value": "new"},
        ]},
        "(last_score <= 8 OR last_score IS NULL) AND stage <> 'new'",
    ),
    (
        "broad: plan is gold or spend at least 2,000",
        True,
        {"any": [
            {"field": "attribute.plan", "operator": "is", "value": "gold"},
            {"field": "attribute.spend", "operator": "at_least", "value": 2000},
        ]},
        "plan = 'gold' OR spend >= 2000",
    ),
    (
        "selective: one address",
        False,
        {"all": [{"field": "email", "operator": "is", "value": "p777@bench.example"}]},
        "email = 'p777@bench.example'",
    ),
    (
        "selective: score 0 and spend of one value",
        False,
        {"all": [
            {"field": "attribute.spend", "operator": "is", "value": 777},
            {"field": "score", "operator": "is", "value": 0},
        ]},
        "spend = 777 AND last_score = 0",
    ),
]  # fmt: skip


def counts(organization: Any) -> Iterator[Ratio]:
    """Median of several rounds, taken in turns, so that a noisy minute hits both."""
    import duckdb

    from accounts.tenancy.context import acting_for
    from segments import compiling
    from segments.catalog import Asked, vocabulary
    from segments.models import Customer
    from segments.rules import read_rule

    duck = duckdb.connect()
    duck.execute(
        "CREATE TABLE c (email text, stage text, last_score int, plan text, spend double, deleted int)"
    )
    with acting_for(organization):
        facts = Customer.objects.order_by("id").values_list(
            "email_lower", "stage", "last_score", "attributes"
        )
        table = [
            (email, stage, score, held.get("plan"), held.get("spend"), 0)
            for email, stage, score, held in facts.iterator(chunk_size=10_000)
        ]
    load(duck, table)
    for name, is_broad, rule, where in QUESTIONS:
        with acting_for(organization):
            words = vocabulary()
            tree = read_rule(rule, words)

            # As the page does it, which has its organization from the door and its words once.
            def ours(tree: Any = tree, words: Any = words) -> int:
                return compiling.count(compiling.found_by(tree, asked=Asked.of(organization), words=words))

            def theirs(where: str = where) -> int:
                asked = f"SELECT count(*) FROM c WHERE deleted = 0 AND ({where})"
                found = duck.execute(asked).fetchone()
                return int(found[0]) if found else 0

            assert ours() == theirs(), name
            took, duck_took = in_turns(ours, theirs)
        yield Ratio(
            f"segment {name}, against DuckDB",
            took / duck_took,
            target=10 if is_broad else 1.5,
            moonshot=1 if is_broad else 0.5,
            note=f"{took * 1000:.1f} ms of {duck_took * 1000:.1f} ms",
        )


def load(duck: Any, table: list[tuple[Any, ...]]) -> None:
    """Through a file: row by row DuckDB would take minutes."""
    import csv
    import tempfile

    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="") as file:
        csv.writer(file).writerows(table)
        file.flush()
        duck.execute(f"COPY c FROM '{file.name}' (HEADER false, NULLSTR '')")


def in_turns(one: Callable[[], Any], other: Callable[[], Any]) -> tuple[float, float]:
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for call, times in ((one, took[0]), (other, took[1])):
            begun = time.perf_counter()
            call()
            times.append(time.perf_counter() - begun)
    return median(took[0]), median(took[1])


def imports() -> Iterator[Ratio]:
    """A whole import (reading, checking, upserting, keys, indexes, errors) against COPY of the same bytes."""
    from django.db import connection

    from accounts.acting import system_actor
    from accounts.models import Organization
    from accounts.tenancy.context import acting_for
    from segments import importing

    def whole(rows: int) -> tuple[float, float, float]:
        """Seconds for everything that happens to a file, the dry run included; of them CPU, ours and the server's."""
        raw = table(rows)
        organization = Organization.objects.create(
            name="Bench of imports", slug=f"bench-{rows}-{int(time.time())}"
        )
        connection.ensure_connection()
        backend = connection.connection.info.backend_pid
        begun, ours, theirs = time.perf_counter(), time.process_time(), cpu_of(backend)
        with acting_for(organization):
            one = importing.begin(raw, name="bench.csv", by=system_actor(organization))
            importing.choose(one, importing.columns_of(one), by=system_actor(organization))
            importing.start(one, by=system_actor(organization))
        importing.run(organization.pk, one.pk, seconds=600)
        took = (
            time.perf_counter() - begun,
            time.process_time() - ours,
            cpu_of(backend) - theirs,
        )
        with acting_for(organization):
            one.refresh_from_db()
            assert (one.state, one.created) == ("done", rows)
        return took

    # The first of a process pays for modules and connections, as DuckDB's first question would.
    whole(10)
    bare, kept_nowhere = bare_copy(table(IMPORTED), connection)
    took, ours, theirs = whole(IMPORTED)
    yield Ratio(
        "import of a file with its dry run, against bare COPY",
        bare / took,
        target=0.08,
        moonshot=0.2,
        more_is_better=True,
        note=f"{IMPORTED / took:,.0f} rows/s of {IMPORTED / bare:,.0f}"
        f" (into a temporary table, which nothing has to reach the disk for: {IMPORTED / kept_nowhere:,.0f});"
        f" CPU a row: {ours / IMPORTED * 1e6:.0f} us ours, {theirs / IMPORTED * 1e6:.0f} us the server's",
    )


def table(rows: int) -> bytes:
    chance = random.Random(6)
    lines = ["id,email,name,plan,spend,since"]
    lines += [
        f"b{n},b{n}@bench.example,Person {n},{chance.choice(['basic', 'gold'])},{chance.randint(0, 9999)},2026-01-31"
        for n in range(rows)
    ]
    return ("\n".join(lines) + "\n").encode()


def cpu_of(process: int) -> float:
    """Seconds of CPU that a process of this machine has used; 0 where nobody tells."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


def bare_copy(raw: bytes, connection: Any) -> tuple[float, float]:
    """Seconds of COPY into a table that stays, with its commit, and into a temporary one; the better of three.

    The first is what an import is held against: what it wrote has to be there after a crash too.
    """
    from accounts.tenancy.roles import as_operator

    columns = "(id text, email text, name text, plan text, spend int, since date)"
    took: tuple[list[float], list[float]] = ([], [])
    with as_operator(), connection.cursor() as cursor:
        for _ in range(3):
            for kind, times in (("", took[0]), ("TEMPORARY", took[1])):
                cursor.execute(f"CREATE {kind} TABLE bench_bare {columns}")
                begun = time.perf_counter()
                with cursor.copy("COPY bench_bare FROM STDIN (FORMAT csv, HEADER)") as copy:
                    copy.write(raw)
                times.append(time.perf_counter() - begun)
                cursor.execute("DROP TABLE bench_bare")
    return min(took[0]), min(took[1])

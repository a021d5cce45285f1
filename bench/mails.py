"""Mails a second with all rows written, against Django's send_messages to the same mail server (docs/engine.md).

Django gets the easier job: its bodies are rendered beforehand and it writes no rows. Ours are claimed, judged, merged,
marked, sent, settled and logged. CPU is that of the sender and of its PostgreSQL session; both sides take turns, and
medians of the rounds are compared.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.yardstick import Ratio

MAILS = int(os.environ.get("BENCH_MAILS", "2000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
PER_CONNECTION = 500
ROOT = Path(__file__).resolve().parent.parent
HTML = (
    "<h1>Hello {{ customer.first_name | default: 'there' }}</h1>\n"
    + "<p>Some words that fill the mail, again and again, about {{ organization.name }}.</p>\n" * 25
    + "{% if customer.attributes.plan %}<p>You are on {{ customer.attributes.plan }}.</p>{% endif %}"
    + '<p><a href="{{ unsubscribe_link }}">Stop these mails</a></p>\n'
)


@dataclass(frozen=True)
class Cost:
    """Of one mail: seconds on the clock, seconds of CPU (sender and database session)."""

    clock: float
    cpu: float


def measure() -> Iterator[Ratio]:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, skip_checks=True)
    organization = _organization()
    django, ours, plain = [], [], []
    with _mail_server() as port, _mail_server("--no-chunking") as plain_port:
        _ours(organization, port, 400)  # warm: statements prepared, letter compiled
        for _ in range(ROUNDS):
            django.append(_django(port))
            ours.append(_ours(organization, port, MAILS))
            plain.append(_ours(organization, plain_port, MAILS))
    clock, cpu = _median(django)
    note = (
        f"Django {1 / clock:,.0f} a second, {cpu * 1e6:,.0f} us of CPU; ours {1 / _median(ours)[0]:,.0f} a second,"
        f" {_median(ours)[1] * 1e6:,.0f} us with sender and database; {MAILS} mails, {ROUNDS} rounds"
    )
    yield Ratio(
        "mails a second, rows and all, against send_messages",
        clock / _median(ours)[0],
        4,
        9,
        more_is_better=True,
        note=note,
    )
    yield Ratio("  the same by CPU", cpu / _median(ours)[1], 4, 9, more_is_better=True)
    yield Ratio("  to a server without BDAT", clock / _median(plain)[0], None, None, more_is_better=True)
    yield Ratio("  the same by CPU", cpu / _median(plain)[1], None, None, more_is_better=True)


def _median(costs: list[Cost]) -> tuple[float, float]:
    return statistics.median(cost.clock for cost in costs), statistics.median(cost.cpu for cost in costs)


@contextmanager
def _mail_server(*options: str) -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-m", "faults.sink", *options], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(5)


def _organization() -> int:
    from accounts.models import Organization
    from accounts.tenancy.context import acting_for
    from accounts.tenancy.staging import fresh_statistics
    from segments.models import Customer

    organization, _made = Organization.objects.get_or_create(
        slug="bench-mails",
        defaults={
            "name": "Bench",
            "quiet_from": dt.time(0),
            "quiet_to": dt.time(0),
            "cap_count": 100,
            "survey_gap_days": 0,
            "daily_send_cap": 100_000_000,
        },
    )
    with acting_for(organization):
        missing = MAILS - Customer.objects.count()
        if missing > 0:
            mark = secrets.token_hex(3)
            Customer.objects.bulk_create(
                Customer(
                    name=f"Pat {n} Lee",
                    first_name=f"Pat {n}",
                    email=f"p{n}-{mark}@bench.example",
                    email_lower=f"p{n}-{mark}@bench.example",
                    attributes={"plan": "gold"},
                )
                for n in range(missing)
            )
            fresh_statistics(Customer)
    return int(organization.pk)


def _django(port: int) -> Cost:
    from django.core.mail import EmailMultiAlternatives
    from django.core.mail.backends.smtp import EmailBackend

    from outreach.delivery import liquid
    from outreach.delivery.mime import as_text

    values = {
        "customer": {"first_name": "Pat 7", "attributes": {"plan": "gold"}},
        "organization": {"name": "Bench"},
        "unsubscribe_link": "https://bench.example/u/" + "x" * 32,
    }
    html = liquid.render(liquid.parse(HTML, html=True), values)
    text = liquid.render(liquid.parse(as_text(HTML), html=False), values)
    messages = []
    for n in range(MAILS):
        message = EmailMultiAlternatives(
            f"Hello Pat {n}",
            text,
            "Bench <hello@bench.example>",
            [f"p{n}@bench.example"],
            headers={"List-Unsubscribe": "<https://bench.example/u/x>", "Message-ID": f"<{n}@bench.example>"},
        )
        message.attach_alternative(html, "text/html")
        messages.append(message)
    began, cpu = time.perf_counter(), time.process_time()
    for start in range(0, MAILS, PER_CONNECTION):
        backend = EmailBackend(
            host="127.0.0.1", port=port, username="", password="", use_tls=False, use_ssl=False
        )
        backend.send_messages(messages[start : start + PER_CONNECTION])
    return Cost((time.perf_counter() - began) / MAILS, (time.process_time() - cpu) / MAILS)


def _ours(organization: int, port: int, mails: int) -> Cost:
    from django.db import connection

    from accounts.tenancy.context import acting_for
    from outreach import sending
    from outreach.delivery.smtp import Connection, Server
    from outreach.models import Wording
    from segments.models import Customer

    with acting_for(organization):
        people = list(Customer.objects.order_by("id").values_list("id", flat=True)[:mails])
        words = Wording.objects.freeze(
            subject="Hello {{ customer.first_name }}",
            html=HTML,
            from_name="Bench",
            from_address="hello@bench.example",
            constants={"organization": {"name": "Bench"}},
        )
        mark = secrets.token_hex(4)
        sending.queue(
            sending.Draft(
                key=f"bench {mark} {person}",
                wording=words,
                origin_kind="campaign",
                origin_id=1,
                customer=person,
            )
            for person in people
        )
        # The caps of earlier rounds are not what is measured.
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM segments_contact WHERE organization_id = %s", [organization])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        session = cursor.fetchone()[0]
    sent = 0
    database, began, cpu = _cpu_of(session), time.perf_counter(), time.process_time()
    with Connection(Server("127.0.0.1", port)) as line:
        while sent < len(people):
            batch = sending.send_due(organization, connection=line)
            if not batch.looked:
                raise RuntimeError(f"only {sent} of {len(people)} mails went out: {batch}")
            sent += batch.accepted
    spent = time.process_time() - cpu + _cpu_of(session) - database
    return Cost((time.perf_counter() - began) / sent, spent / sent)


def _cpu_of(process: int) -> float:
    """Seconds of CPU of a process on this machine; 0 where it cannot be seen."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

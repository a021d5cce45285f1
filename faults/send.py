"""`./run faults send`: processes are killed while they send, and a mail server's own log is the judge.

Three engines and three Celery workers, forked from a warm parent, send the messages of three organizations to
recording mail servers, with BDAT and with DATA, that answer slowly enough for every kill to find work. Two fifths of
the senders carry a failpoint that ends them from inside; some are stopped beyond their lease and go on; the broker
is away half of the time. At the end nobody is killed, everything left is sent, and then:

- lost: a message that is gone, not settled, or called accepted though no server took it;
- double: a message that servers took twice, and that is not flagged as a possible duplicate;
- ambiguous: settled as unknown, not sent again; each has its wire mark, at most 20 for each kill.

    ./run faults send [--short] [--messages N] [--kills N] [--seed N] [--no-controls]

Runs of their own before it: service messages, whose repeats must be flagged, and controls with the lease or the wire
mark taken out, in which the same judge must find doubles. (Without the fence alone nothing is double here: what another
has settled has left the table that is marked. tests/outreach/test_sending.py holds the fence to its word.)
"""

from __future__ import annotations

import argparse
import contextlib
import json
import mmap
import os
import random
import secrets
import select
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psycopg

from config.stack.processes import die_with_parent
from faults._nursery import PEACE

LEASE = 3.0
ENGINES = 3
WORKERS = 3
WINDOW = 20
BROKER_TURN = 4.0  # seconds it is there, then away: long enough for workers to come back and send
KILL_PACE = 0.2
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Plan:
    """One run. `control` names what is taken out of the engine; then doubles are wanted."""

    name: str
    messages: int
    kills: int
    service: bool = False
    control: str = ""
    stalls: bool = True
    broker_breaks: bool = True

    @property
    def patience(self) -> float:
        """Seconds after which a run gives up: the whole of `./run faults send` stays below an hour."""
        return 60 + 8 * self.kills


@dataclass
class Verdict:
    """What the mail servers and the ledger say of one run."""

    lost: int = 0
    doubles: int = 0
    repeats: int = 0
    repeats_taken: int = 0
    ambiguous: int = 0
    ambiguous_taken: int = 0
    ambiguous_marked: int = 0
    claimed_twice: int = 0
    wire_twice: int = 0
    kills: int = 0
    by_failpoint: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)
    stalls: int = 0
    broker_away: float = 0.0
    seconds: float = 0.0
    complaints: list[str] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)
    origins: dict[str, int] = field(default_factory=dict)

    @property
    def line(self) -> str:
        return (
            f"lost {self.lost} double {self.doubles} ambiguous {self.ambiguous}"
            f" started_twice {self.claimed_twice} kills {self.kills}"
        )


def main(arguments: Sequence[str]) -> int:
    options = _read(arguments)
    random.seed(options.seed)
    began = time.monotonic()
    print(f"seed {options.seed}", flush=True)
    _migrate()
    if _somebodys_mails():
        print(
            "Somebody's mails are waiting in this database; the rig would send them to its sink.",
            file=sys.stderr,
        )
        return 2
    short = options.short
    plans = []
    if not options.no_controls:
        size, kills = (600, 6) if short else (2_000, 30)
        plans += [
            Plan("control: lease off", size, kills, control="lease-off", stalls=False, broker_breaks=False),
            Plan(
                "control: wire mark off",
                size,
                kills,
                control="wire-mark-off",
                stalls=False,
                broker_breaks=False,
            ),
        ]
    plans.append(Plan("service messages", 400 if short else 2_000, 6 if short else 20, service=True))
    plans.append(Plan("surveys and campaigns", options.messages, options.kills))
    fine = True
    verdict = Verdict()
    for plan in plans:
        rig = Rig(plan, Path(os.environ.get("DATA_DIR", "/tmp")))
        try:
            verdict = rig.run()
        finally:
            rig.stop()
        fine &= _passes(plan, verdict)
    print(f"{'all as it must be' if fine else 'FAILED'}, {time.monotonic() - began:.0f} s", flush=True)
    print(verdict.line, flush=True)
    return 0 if fine else 1


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run faults send", description=__doc__)
    parser.add_argument("--short", action="store_true", help="20 kills over 2,000 messages, for every commit")
    parser.add_argument("--messages", type=int)
    parser.add_argument("--kills", type=int)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--no-controls", action="store_true")
    options = parser.parse_args(arguments)
    options.messages = options.messages or (2_000 if options.short else 20_000)
    options.kills = options.kills or (20 if options.short else 200)
    return options


def _passes(plan: Plan, verdict: Verdict) -> bool:
    """Print one run; whether it is as it must be."""
    killed = ", ".join(f"{number} {kind}" for kind, number in sorted(verdict.by_kind.items()))
    away = f", broker away {verdict.broker_away:.0%} of the time" if plan.broker_breaks else ""
    print(
        f"{plan.name}: {verdict.kills} kills over {plan.messages:,} messages ({killed}; {verdict.by_failpoint} by a"
        f" failpoint), {verdict.stalls} stalls{away}, {verdict.seconds:.0f} s",
        flush=True,
    )
    print(f"  messages {verdict.origins}, outcomes {verdict.outcomes}")
    print(
        f"  ambiguous {verdict.ambiguous}: {verdict.ambiguous_marked} with their wire mark, {verdict.ambiguous_taken}"
        " taken by the mail servers"
    )
    print(
        f"  two or more attempts {verdict.claimed_twice}, begun twice on the wire {verdict.wire_twice}; repeats, each"
        f" flagged, {verdict.repeats}, of which taken twice {verdict.repeats_taken}; double {verdict.doubles}"
    )
    print(f"  {verdict.line}", flush=True)
    for complaint in verdict.complaints[:10]:
        print(f"  ! {complaint}", flush=True)
    if plan.control:
        found = verdict.doubles > 0
        print(
            f"  control {'found the doubles, as it must' if found else 'FOUND NOTHING: the judge is blind'}"
        )
        return found
    wanted = {
        "lost 0": verdict.lost == 0,
        "double 0": verdict.doubles == 0,
        "nothing left, nothing to those who said stop": not verdict.complaints,
        "kills reached": verdict.kills >= plan.kills,
        "kills hit open sends": verdict.claimed_twice > 0,
    }
    if plan.service:
        wanted["service messages are repeated"] = verdict.repeats > 0
    else:
        wanted["0 < ambiguous <= 20 a kill"] = 0 < verdict.ambiguous <= WINDOW * verdict.kills
        wanted["engines and workers were killed"] = len(verdict.by_kind) == 2 or plan.kills < 10
    for name, holds in wanted.items():
        if not holds:
            print(f"  FAILED: {name}", flush=True)
    return all(wanted.values())


class Rig:
    """The processes of one run."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan = plan
        self.folder = folder / "faults"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / "sink.log"
        self.log.write_bytes(b"")
        self.broker = Broker(self.folder) if plan.broker_breaks else None
        self.sinks = [Sink(self.log), Sink(self.log, "--no-chunking", "--data-anyway")]
        self.nursery = Nursery(
            self.broker.url if self.broker else os.environ.get("BROKER_URL", ""),
            self.folder / "slots",
            batch=40 if plan.messages < 5_000 else 100,
        )
        self.database = psycopg.connect(os.environ["OPERATOR_DATABASE_URL"], autocommit=True)
        self.mark = secrets.token_hex(4)
        self.organizations: list[int] = []

    def run(self) -> Verdict:
        self._make_work()
        verdict = Verdict()
        began = time.monotonic()
        self._disturb(verdict)
        self._finish(verdict)
        self._judge(verdict)
        verdict.seconds = time.monotonic() - began
        return verdict

    def stop(self) -> None:
        self.nursery.stop()
        for sink in self.sinks:
            sink.stop()
        if self.broker:
            self.broker.stop()
        self.database.close()

    def _make_work(self) -> None:
        # What an earlier run left is nobody's work in this one.
        for table in ("outreach_message", "accounts_doorbell"):
            self.database.execute(
                f"DELETE FROM {table} WHERE organization_id IN"
                " (SELECT id FROM accounts_organization WHERE slug LIKE 'rig-%')"
            )
        told = json.dumps(
            {"messages": self.plan.messages, "service": self.plan.service, "mark": self.mark},
            separators=(",", ":"),
        )
        slot = self.nursery.spawn(f"setup:{told}", 0)
        self.nursery.wait_for(slot)
        self.organizations = [
            row[0]
            for row in self.database.execute(
                "SELECT id FROM accounts_organization WHERE slug LIKE %s", [f"rig-{self.mark}-%"]
            ).fetchall()
        ]
        if self._open_rows() != self.plan.messages:
            raise RuntimeError(f"The messages could not be made: {self.folder / 'senders.log'} says why.")

    def _kind(self) -> str:
        """As many engines as workers, which they ring, as in life."""
        if self.plan.control:
            return f"engine+{self.plan.control}"
        engines = sum(kind == "engine" for kind in self.nursery.kinds.values())
        return "engine" if engines < ENGINES else "celery"

    def _spawn(self) -> None:
        failpoint = "-"
        if random.random() < 0.4 and not self.plan.control:
            point = random.choice(["claim", "render", "wire", "354", "250", "250", "mark"])
            passing = {"claim": random.randint(1, 3), "250": random.choice([1, 2, 7, 19, 20, 21, 60, 140])}
            failpoint = f"{point}:{passing.get(point, random.choice([1, 2, 3, 9]))}"
        self.nursery.spawn(self._kind(), random.choice(self.sinks).port, failpoint)

    def _disturb(self, verdict: Verdict) -> None:
        """Kill until the kills are done; the mail servers are slowed so that work is left for every one of them."""
        wanted = self.plan.kills
        self._wait_for_workers()
        began = last_kill = time.monotonic()
        stopped: dict[int, float] = {}
        next_stall = began + 4
        looked = 0.0
        if self.broker:
            self.broker.follow(began)
        while verdict.kills < wanted:
            now = time.monotonic()
            for slot in self._count_deaths(verdict):
                stopped.pop(slot, None)
            while len(self.nursery.alive) < ENGINES + WORKERS:
                self._spawn()
            for over in [slot for slot, until in stopped.items() if until < now]:
                self.nursery.signal(over, "CONT")
                del stopped[over]
            if self.plan.stalls and now > next_stall and not stopped:
                chosen = self.nursery.some_holder(least=2)
                if chosen is not None:
                    self.nursery.signal(chosen, "STOP")
                    stopped[chosen] = now + LEASE + 1.5
                    verdict.stalls += 1
                    next_stall = now + random.uniform(5, 9)
            if self.broker:
                self.broker.follow(now)
            if now - looked > 0.5:
                open_rows, looked = self._open_rows(), now
                self._slow_down(open_rows, wanted - verdict.kills)
                if open_rows == 0:
                    verdict.complaints.append("the work ran out before the kills were done")
                    break
            if now - last_kill > random.uniform(0.5, 1.5) * KILL_PACE:
                # Who carries a failpoint is left to it for a while.
                armed = {
                    slot
                    for slot, point in self.nursery.armed.items()
                    if point != "-" and now - self.nursery.born[slot] < 3
                }
                # Mostly one that is speaking to a mail server: there a kill can do harm, so it is worth waiting for.
                least = 1 if now - last_kill > 3 or random.random() < 0.02 else 2
                rarer = min(("engine", "celery"), key=lambda kind: verdict.by_kind[kind])
                victim = self.nursery.some_holder(but=armed | stopped.keys(), least=least, rather=rarer)
                if victim is not None:
                    self.nursery.armed.pop(victim, None)
                    self.nursery.signal(victim, "KILL")
                    last_kill = now
            time.sleep(0.01)
            if now - began > self.plan.patience:
                verdict.complaints.append(f"gave up after {self.plan.patience:.0f} s")
                break
        for slot in stopped:
            self.nursery.signal(slot, "CONT")
        if self.broker:
            verdict.broker_away = self.broker.away / max(time.monotonic() - began, 0.001)

    def _wait_for_workers(self) -> None:
        """Until a Celery worker sends: the first kills shall not all hit engines, which are there at once."""
        while len(self.nursery.alive) < ENGINES + WORKERS:
            self._spawn()
        until = time.monotonic() + 15
        while self.broker and time.monotonic() < until:
            if any(
                kind == "celery" and self.nursery.holds(slot) for slot, kind in self.nursery.kinds.items()
            ):
                break
            time.sleep(0.05)

    def _slow_down(self, open_rows: int, kills_left: int) -> None:
        """Keep at least so many messages for each kill to come as kills need."""
        share = open_rows / max(self.plan.messages, 1)
        left = kills_left / max(self.plan.kills, 1)
        delay = 5 if share > left else 5 + min(60, 200 * (left - share))
        for sink in self.sinks:
            sink.slow(delay)

    def _open_rows(self) -> int:
        row = self.database.execute(
            "SELECT count(*) FROM outreach_message WHERE organization_id = ANY(%s) AND state IN ('queued', 'sending')",
            [self.organizations],
        ).fetchone()
        return int(row[0]) if row else 0

    def _finish(self, verdict: Verdict) -> None:
        """Without kills, until nothing is open. Whoever sends goes on: to end them here would be kills, too."""
        self.nursery.make_peace()
        for sink in self.sinks:
            sink.slow(0)
        if self.broker:
            self.broker.start()
        for _ in range(2):
            self.nursery.spawn(
                f"engine+{self.plan.control}" if self.plan.control else "engine", self.sinks[0].port
            )
        deadline = time.monotonic() + 120
        while self._open_rows() and time.monotonic() < deadline:
            self._count_deaths(verdict)
            time.sleep(0.1)
        self._count_deaths(verdict)
        self.nursery.kill_all()

    def _count_deaths(self, verdict: Verdict) -> list[int]:
        """Those that ended since; a kill counts if it hit somebody who held a lease."""
        ended = []
        for slot, held, kind in self.nursery.deaths():
            ended.append(slot)
            point = self.nursery.armed.pop(slot, "-")
            if held:
                verdict.kills += 1
                verdict.by_kind[kind.partition("+")[0]] += 1
                verdict.by_failpoint += point != "-"
        return ended

    def _judge(self, verdict: Verdict) -> None:
        started: Counter[int] = Counter()
        taken: Counter[int] = Counter()
        for word in self.log.read_text().splitlines():
            letter, _, mail = word.partition(" ")
            (started if letter == "S" else taken)[int(mail)] += 1
        rows = self.database.execute(
            """SELECT k.id, k.outcome, k.reason, k.possible_duplicate, m.state,
                      COALESCE(m.wire_started_at, s.wire_started_at) IS NOT NULL,
                      COALESCE(m.attempts, s.attempts), k.key LIKE '%%stop%%', k.origin_kind
               FROM outreach_sendkey k
               LEFT JOIN outreach_message m ON m.organization_id = k.organization_id AND m.id = k.id
               LEFT JOIN outreach_settledmessage s ON s.organization_id = k.organization_id AND s.id = k.id
               WHERE k.organization_id = ANY(%s)""",
            [self.organizations],
        ).fetchall()
        outcomes: Counter[str] = Counter()
        origins: Counter[str] = Counter()
        known = set()
        for key, outcome, reason, flagged, state, wired, attempts, said_stop, origin in rows:
            known.add(key)
            outcomes[outcome] += 1
            origins[ORIGINS[origin]] += 1
            verdict.claimed_twice += (attempts or 0) >= 2
            verdict.wire_twice += started[key] >= 2
            if outcome == "live" or state in ("queued", "sending"):
                verdict.lost += 1
                verdict.complaints.append(f"{key} is still open: {outcome} {state}")
            elif outcome == "accepted" and not taken[key]:
                verdict.lost += 1
                verdict.complaints.append(f"{key} is called accepted, but no server took it")
            elif outcome not in ("accepted", "skipped", "failed", "ambiguous"):
                verdict.complaints.append(f"{key} ended as {outcome}")
            elif outcome in ("skipped", "failed") and (taken[key] or not reason):
                verdict.complaints.append(f"{key} is {outcome} ({reason}), and was taken {taken[key]} times")
            # A repeat counts whether or not both copies arrived.
            verdict.repeats += bool(flagged)
            if taken[key] >= 2:
                verdict.repeats_taken += bool(flagged)
                verdict.doubles += not flagged
            if outcome == "ambiguous":
                verdict.ambiguous += 1
                verdict.ambiguous_taken += taken[key] > 0
                verdict.ambiguous_marked += wired
                if not wired:
                    verdict.complaints.append(f"{key} is ambiguous without a wire mark")
            if said_stop and (started[key] or taken[key]):
                verdict.complaints.append(f"{key} went to somebody who had said stop")
        if len(known) != self.plan.messages:
            verdict.lost += abs(self.plan.messages - len(known))
            verdict.complaints.append(f"of {self.plan.messages} messages the ledger knows {len(known)}")
        for key in taken.keys() - known:
            verdict.complaints.append(f"a server took {key}, which nobody made")
        verdict.outcomes = dict(outcomes.most_common())
        verdict.origins = dict(sorted(origins.items()))


ORIGINS = {"invitation": "survey", "campaign": "campaign", "case": "service"}


class Nursery:
    """The warm parent, seen from here."""

    def __init__(self, broker_url: str, slots: Path, batch: int) -> None:
        told = {"lease": LEASE, "late_answers": 600, "batch": batch}
        slots.write_bytes(bytes(64))
        with slots.open("r+b") as file:
            self._holding = mmap.mmap(file.fileno(), 64)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "faults._nursery"],
            preexec_fn=die_with_parent(os.getpid()),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(slots.parent / "senders.log").open("ab"),
            bufsize=0,
            cwd=ROOT,
            env={
                **os.environ,
                "LOOPWELL_FAULT_RIG": json.dumps(told),
                "BROKER_URL": broker_url,
                # A forked worker is there in a moment, not after half a second of system checks.
                "CELERY_SKIP_CHECKS": "true",
                "RIG_SLOTS": str(slots),
            },
        )
        self.alive: dict[int, int] = {}
        self.armed: dict[int, str] = {}
        self.kinds: dict[int, str] = {}
        self.born: dict[int, float] = {}
        self._number = 0
        self._deaths: list[tuple[int, int, str]] = []
        self._heard = b""
        self._expect("ready")

    def spawn(self, kind: str, port: int, failpoint: str = "-") -> int:
        self._number = (self._number + 1) % 60
        while self._number in self.alive:
            self._number = (self._number + 1) % 60
        slot = self._number
        self._order(f"spawn {slot} {kind} {port} {failpoint}")
        self._expect(f"born {slot}")
        self.armed[slot] = failpoint
        self.kinds[slot] = kind
        self.born[slot] = time.monotonic()
        return slot

    def deaths(self) -> list[tuple[int, int, str]]:
        """(slot, held a lease, kind) of those that ended since."""
        self._listen(0)
        ended, self._deaths = self._deaths, []
        return ended

    def wait_for(self, slot: int) -> None:
        while slot in self.alive:
            self._listen(1)
        self._deaths.clear()

    def holds(self, slot: int) -> int:
        """Whether it holds a lease now (2: and is speaking to a mail server)."""
        return self._holding[slot]

    def some_holder(self, but: Collection[int] = (), *, least: int = 1, rather: str = "") -> int | None:
        """A living sender that holds a lease now, of that kind if there is one. Whether it still did shows when it is
        dead."""
        candidates = [slot for slot in self.alive if slot not in but and self._holding[slot] >= least]
        candidates = [slot for slot in candidates if self.kinds[slot] == rather] or candidates
        return random.choice(candidates) if candidates else None

    def signal(self, slot: int, name: str) -> None:
        # A failpoint may have been quicker; the nursery is about to say so.
        if slot in self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.alive[slot], getattr(signal, f"SIG{name}"))

    def make_peace(self) -> None:
        """From here on no failpoint ends anybody."""
        self._holding[PEACE] = 1

    def kill_all(self) -> None:
        for slot in list(self.alive):
            self.signal(slot, "KILL")
        while self.alive:
            self._listen(1)
        self._deaths.clear()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def _order(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")

    def _expect(self, beginning: str) -> None:
        self._wanted = beginning
        while self._wanted:
            self._listen(1)

    _wanted = ""

    def _listen(self, seconds: float) -> None:
        out: IO[bytes] | None = self._process.stdout
        assert out is not None
        while select.select([out], [], [], seconds)[0]:
            more = os.read(out.fileno(), 65536)
            if not more:
                raise RuntimeError("the nursery has ended")
            *lines, self._heard = (self._heard + more).split(b"\n")
            for line in lines:
                self._hear(line.decode())
            seconds = 0

    def _hear(self, line: str) -> None:
        word, *rest = line.split()
        if word == "born":
            self.alive[int(rest[0])] = int(rest[1])
        elif word == "dead":
            self.alive.pop(int(rest[0]), None)
            self._deaths.append((int(rest[0]), int(rest[2]), self.kinds.pop(int(rest[0]), "")))
        if self._wanted and (line == self._wanted or line.startswith(self._wanted + " ")):
            self._wanted = ""


class Sink:
    """A recording mail server in a process of its own."""

    def __init__(self, log: Path, *options: str) -> None:
        self.pace = log.with_name(f"{log.name}.pace-{len(options)}")
        self.pace.write_text("5")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "faults.sink", "--log", str(log), "--pace", str(self.pace), *options],
            preexec_fn=die_with_parent(os.getpid()),
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def slow(self, milliseconds: float) -> None:
        self.pace.write_text(f"{milliseconds:.1f}")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)


class Broker:
    """A broker that is away half of the time."""

    def __init__(self, folder: Path) -> None:
        from config.stack.places import DataDirectory
        from config.stack.valkey import Valkey

        # Without the hints of an earlier run.
        shutil.rmtree(folder / "broker", ignore_errors=True)
        self._server = Valkey(DataDirectory(folder / "broker"))
        self._server.start()
        self.runs = True
        self.url = self._server.url
        self.away = 0.0
        self._since = self._turns_at = 0.0

    def follow(self, now: float) -> None:
        """Come or go when it is time; `away` counts the seconds without."""
        if not self._since:
            self._since, self._turns_at = now, now + BROKER_TURN
        if not self.runs:
            self.away += now - self._since
        self._since = now
        if now > self._turns_at:
            if self.runs:
                self.stop()
            else:
                self.start()
            self._turns_at = now + random.uniform(0.7, 1.3) * BROKER_TURN

    def start(self) -> None:
        if not self.runs:
            self._server.start()
            self.runs = True

    def stop(self) -> None:
        if self.runs:
            self._server.stop(1)
            self.runs = False


def _migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, skip_checks=True)


def _somebodys_mails() -> bool:
    with psycopg.connect(os.environ["OPERATOR_DATABASE_URL"]) as database:
        row = database.execute(
            """SELECT EXISTS (SELECT FROM outreach_message m JOIN accounts_organization o ON o.id = m.organization_id
                              WHERE o.slug NOT LIKE 'rig-%')"""
        ).fetchone()
    return bool(row and row[0])


def make_work(*, messages: int, service: bool, mark: str) -> None:
    """Three organizations, made and set as a member would: a customer for each message, every fiftieth of whom has
    said stop. Runs in a child of the nursery, so that no connection is inherited."""
    import datetime

    from accounts.models import Organization
    from accounts.tenancy.context import acting_for
    from accounts.tenancy.staging import fresh_statistics
    from outreach import sending
    from outreach.models import MessageClass, Wording
    from segments.contacting import suppress
    from segments.models import Customer

    for number in range(3):
        organization = Organization.objects.create(
            name=f"Rig {mark} {number}",
            slug=f"rig-{mark}-{number}",
            quiet_from=datetime.time(0),
            quiet_to=datetime.time(0),
            cap_count=100,
            survey_gap_days=0,
        )
        share = messages // 3 + (number < messages % 3)
        with acting_for(organization):
            people = Customer.objects.bulk_create(
                Customer(
                    name=f"Person {n}",
                    first_name=f"Pat {n}",
                    email=f"p{n}-{mark}@rig.example",
                    email_lower=f"p{n}-{mark}@rig.example",
                )
                for n in range(share)
            )
            for person in people[::50]:
                suppress(person.email, reason="unsubscribed")
            wording = Wording.objects.freeze(
                subject="Hello {{ customer.first_name }}",
                html="<p>Hello {{ customer.first_name }}</p>" + "<p>Words, and more of them.</p>\n" * 40,
                from_name="Rig",
                from_address="hello@rig.example",
            )
            fresh_statistics(Customer)
            drafts = []
            for n, person in enumerate(people):
                survey = n % 2 == 0
                drafts.append(
                    sending.Draft(
                        key=f"rig {mark} {n}{' stop' if n % 50 == 0 else ''}",
                        wording=wording,
                        origin_kind="case" if service else "invitation" if survey else "campaign",
                        origin_id=n,
                        customer=person.pk,
                        message_class=MessageClass.SERVICE if service else MessageClass.RELATIONSHIP,
                        topic="service" if service else "surveys",
                    )
                )
            sending.queue(drafts)

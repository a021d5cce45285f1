"""`./run faults answer`: web processes are killed while people answer; no confirmed answer is lost, none is double.

Visitors send their forms to the product's own web server and, as people do, send again when the connection breaks.
Meanwhile its workers are killed, again and again, and started anew by their parent. At the end the database is asked:

- lost: a form that was confirmed (303) without a response that says so;
- double: an invitation with two responses, a response with news twice, or a customer whose count is not 1.

    ./run faults answer [--short] [--answers N] [--kills N] [--no-control]

The negative control confirms before the transaction is committed (the commit is held back on the way): then the same
judge must find lost answers.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import _asked
from bench._asked import Link, Visitor, World

VISITORS = 6
CONTROL = (
    "import os, sys, threading, time\n"
    "from config.serving import PAGES, load, pages\n"
    "load()\n"
    "from django.db import transaction\n"
    "from surveys import answering\n"
    "take_in = answering.take_in\n"
    "late = []\n"
    "def later():\n"
    "    from accounts.tenancy.context import acting_for\n"
    "    while True:\n"
    "        time.sleep(0.05)\n"
    "        while late:\n"
    "            first, definition, organization, now, stored_at = late.pop(0)\n"
    "            with acting_for(organization):\n"
    "                take_in(first, definition, organization, now, stored_at)\n"
    "def promised(first, definition, organization_id, now, stored_at=None):\n"
    "    if not any(thread.name == 'late' for thread in threading.enumerate()):\n"
    "        threading.Thread(target=later, name='late', daemon=True).start()\n"
    "    late.append((first, definition, organization_id, now, stored_at))\n"
    "    return answering.Accepted(0, None, True, True)\n"
    "answering.take_in = promised\n"
    "PAGES['workers'] = int(sys.argv[2])\n"
    "pages(int(sys.argv[1]))\n"
)


@dataclass
class Verdict:
    lost: int = 0
    double: int = 0
    confirmed: int = 0
    again: int = 0
    kills: int = 0
    unanswered: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"lost {self.lost} double {self.double}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="faults answer")
    parser.add_argument("--short", action="store_true", help="600 answers, 10 kills")
    parser.add_argument("--answers", type=int, default=0)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=20261)
    parser.add_argument("--no-control", action="store_true")
    chosen = parser.parse_args(arguments)
    answers = chosen.answers or (600 if chosen.short else 6_000)
    kills = chosen.kills or (10 if chosen.short else 100)
    if not chosen.no_control:
        control = run(min(answers, 600), max(10, kills // 10), chosen.seed, serve=CONTROL)
        print(f"control, confirmed before it is written: {control} kills {control.kills}", flush=True)
        if control.lost == 0:
            print("the control was not caught: this rig proves nothing")
            return 1
    verdict = run(answers, kills, chosen.seed)
    print(
        f"{answers} people, {verdict.confirmed} confirmed, {verdict.again} sent again after a break, "
        f"{verdict.unanswered} gave up, {verdict.kills} kills"
    )
    for fault in verdict.faults[:10]:
        print(f"  {fault}")
    print(verdict)
    held = verdict.lost == 0 and verdict.double == 0
    return 0 if held and verdict.kills == kills and verdict.again > 0 and verdict.unanswered == 0 else 1


def run(answers: int, kills: int, seed: int, *, serve: str = "") -> Verdict:
    """One run; every kill hits a worker that has connections open."""
    chance = random.Random(seed)
    world = _asked.ask(answers)
    verdict = Verdict()
    given: dict[int, int] = {}
    before = _asked.SERVE
    _asked.SERVE = serve or before
    try:
        with _asked.web(workers=2) as (port, server):
            threads = [
                threading.Thread(
                    target=_visit, args=(port, world.links[start::VISITORS], given, verdict, start)
                )
                for start in range(VISITORS)
            ]
            for thread in threads:
                thread.start()
            while verdict.kills < kills and any(thread.is_alive() for thread in threads):
                # Spread over the run: each kill waits for its share of the confirmations.
                share = answers * (verdict.kills + 1) // (kills + 2)
                while len(given) < share and any(thread.is_alive() for thread in threads):
                    time.sleep(0.002)
                workers = _children(server.pid)
                if workers:
                    os.kill(chance.choice(workers), signal.SIGKILL)
                    verdict.kills += 1
            for thread in threads:
                thread.join()
    finally:
        _asked.SERVE = before
    _judge(world, given, verdict)
    return verdict


def _visit(port: int, links: Sequence[Link], given: dict[int, int], verdict: Verdict, seed: int) -> None:
    """Answer each link; a broken connection is a reason to send the same form again."""
    chance = random.Random(seed)
    visitor = Visitor(port, timeout=20)
    for link in links:
        score = chance.randrange(11)
        for turn in range(60):
            try:
                status = visitor.post(link, score)
            except OSError:
                verdict.again += 1
                time.sleep(0.02 + 0.02 * turn)
                continue
            if status == 303:
                given[link.invitation] = score
                verdict.confirmed += 1
                break
            verdict.faults.append(f"invitation {link.invitation}: status {status}")
            time.sleep(0.05)
        else:
            verdict.unanswered += 1
    visitor.close()


def _judge(world: World, given: dict[int, int], verdict: Verdict) -> None:
    from django.db.models import Count

    from accounts.models import News, Organization
    from accounts.tenancy.context import acting_for
    from segments.models import Customer
    from surveys.models import Response

    with acting_for(Organization.objects.get(pk=world.organization_id)):
        kept: dict[int, list[int | None]] = {}
        for invitation, score in Response.objects.values_list("invitation_id", "score"):
            kept.setdefault(invitation, []).append(score)
        for invitation, score in given.items():
            if kept.get(invitation) != [score]:
                verdict.lost += 1
                verdict.faults.append(
                    f"invitation {invitation}: confirmed {score}, kept {kept.get(invitation)}"
                )
        verdict.double = sum(len(scores) - 1 for scores in kept.values())
        told = News.objects.filter(name="response.completed").order_by().values("subject_id")
        verdict.double += told.annotate(times=Count("id")).filter(times__gt=1).count()
        verdict.double += Customer.objects.filter(answer_count__gt=1).count()


def _children(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(status.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(status.parent.name))
        except OSError:
            continue
    return found

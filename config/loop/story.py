"""The story: a business signs up, brings its customers, asks them, and follows up with every one of them.

Everything goes through pages, REST, and mails that a real SMTP server received. Each step checks what came
out against what went in; the first line that differs is what the story failed at.
"""

import csv
import json
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from config.loop import browsing, raw
from config.loop.visitor import Page, Unexpected, Visitor
from config.mailbox.store import Mailbox, opened

PASSWORD = "a-loop-has-no-end-7"
DOMAIN = "telco-customers.example"
PATIENCE = 900  # seconds that any one wait may take
LEAVERS = 25
# The ways of answering in a browser, with the share of each in four.
IN_BROWSER = {"keyboard": 2, "no script": 1, "390 px": 1}


@dataclass
class Line:
    """One line of the table: what should have come out, and what did."""

    what: str
    expected: object
    found: object

    @property
    def holds(self) -> bool:
        return self.expected == self.found


@dataclass
class Answer:
    """One answer of the file: an integer grade and its words."""

    score: int
    text: str

    @property
    def category(self) -> str:
        return "detractor" if self.score <= 6 else "passive" if self.score <= 8 else "promoter"


@dataclass
class Story:
    """Plays the story against one installation; `tell` prints progress."""

    base: str
    mailbox: Mailbox
    customers_file: Path
    answers_file: Path
    work: Path
    tell: Callable[[str], None] = print
    in_browser: int = 60
    lines: list[Line] = field(default_factory=list)
    browser: str = ""
    seen: int = 0
    letters: dict[str, list[EmailMessage]] = field(default_factory=dict)

    def play(self) -> bool:
        """The whole of it; True when every line holds."""
        self.visitor = Visitor(self.base)
        self.run = uuid.uuid4().hex[:8]
        self.owner = f"owner-{self.run}@loop.example"
        self.answers = [
            Answer(raw.GRADES[row["grade"]], row["text"].strip()[:4_000])
            for row in csv.DictReader(self.answers_file.open(encoding="utf-8", newline=""))
        ]
        for step in (
            self.sign_up,
            self.settle_in,
            self.bring_customers,
            self.prepare,
            self.ask,
            self.answer,
            self.compare,
            self.follow_up,
            self.leave,
        ):
            self.tell(f"{time.strftime('%H:%M:%S')}  {(step.__doc__ or '').splitlines()[0]}")
            step()
        return all(line.holds for line in self.lines)

    # the steps

    def sign_up(self) -> None:
        """Sign up in a browser without script, confirm by the mailed link."""
        page = self.visitor.get("/sign-up/")
        page = self.visitor.submit(
            page,
            page.form("email", "password1", "business"),
            business=f"Loop {self.run}",
            name="Olive Loop",
            email=self.owner,
            password1=PASSWORD,
            time_zone="Europe/Lisbon",
        )
        link = self._link_in(self._mail_to(self.owner), "/confirm/")
        page = self.visitor.get(link)
        if page.forms():
            page = self.visitor.submit(page, page.forms()[-1])
        if "/o/" not in page.url:
            page = self.visitor.get("/log-in/")
            page = self.visitor.submit(
                page, page.form("login", "password"), login=self.owner, password=PASSWORD
            )
        if "/o/" not in page.url:
            page = self.visitor.get("/")
        found = re.search(r"/o/([-\w]+)/", page.url)
        if found is None:
            raise Unexpected(f"after sign-up the page is {page.url} ({page.status})")
        self.slug = found[1]
        self._line("signed up and confirmed", True, page.status == 200)

    def settle_in(self) -> None:
        """Set quiet hours, caps and the sender, make a key: all through the product."""
        now = time.gmtime()
        quiet = (now.tm_hour + 12) % 24
        page = self._page("settings/sending/")
        page = self.visitor.submit(
            page,
            page.form("quiet_from"),
            quiet_from=f"{quiet:02}:00",
            quiet_to=f"{quiet:02}:01",
            cap_count=100,
            cap_days=1,
            survey_gap_days=0,
        )
        page = self._page("settings/senders/")
        sender = f"hello-{self.run}@loop.example"
        self.visitor.submit(page, page.form("name", "address"), name="Loop", address=sender)
        proof = self.visitor.get(self._link_in(self._mail_to(sender), "/v/"))
        self.visitor.submit(proof, proof.forms()[-1])
        page = self._page("settings/keys/")
        form = page.form("name", "scopes")
        page = self.visitor.submit(page, form, name="loop", scopes=form.choices["scopes"], mode="live")
        key = re.search(r"lw_live_[\w-]+", page.text)
        if key is None:
            raise Unexpected(f"no key on {page.url} ({page.status})")
        self.key = key[0]
        senders = self._api("GET", "senders")["items"]
        self._line("sender verified", True, any(each["verified_at"] for each in senders))

    def bring_customers(self) -> None:
        """Import the customers from a file: columns mapped, 11 blank totals reported and not lost."""
        rows = list(csv.DictReader(self.customers_file.open(encoding="utf-8", newline="")))
        blank = sum(1 for row in rows if not row["TotalCharges"].strip())
        prepared = self.work / "customers.csv"
        with prepared.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=[*rows[0], "email"])
            writer.writeheader()
            for row in rows:
                writer.writerow({**row, "email": f"{row['customerID'].lower()}@{DOMAIN}"})
        page = self._page("imports/new/")
        page = self.visitor.submit(page, page.form("file"), file=prepared)
        page = self.visitor.submit(
            page, page.form("ground", "existing"), ground="contract", existing="update"
        )
        start = next((form for form in page.forms() if form.action.endswith("/start/")), None)
        if start is None:
            raise Unexpected(f"the import cannot be started at {page.url} ({page.status})")
        self.visitor.submit(page, start)
        done = self._until("the import", self._finished_import)
        self._line("customers imported", len(rows), done["created"])
        self._line("rows refused", 0, done["refused"])
        self._line("blank totals reported", blank, done["warned"])

    def prepare(self) -> None:
        """Write the survey, the segment, three letters and their follow-ups."""
        self._api(
            "POST",
            "segments",
            name="Month to month",
            rule={"all": [{"field": "attribute.contract", "operator": "is", "value": "Month-to-month"}]},
        )
        self.segment = self._api("GET", "segments")["items"][0]
        self.survey = self._api("POST", "surveys", name="How are we doing", template="relationship")
        self._api("POST", f"surveys/{self.survey['id']}/versions")
        for category in ("promoter", "passive", "detractor"):
            letter = self._api(
                "POST",
                "templates",
                name=f"To a {category}",
                message_class="relationship",
                subject={"en": f"Thank you, {category}"},
                body={"en": "Hello {{ customer.first_name | default: 'there' }}, thank you for your answer."},
            )
            self._api("PATCH", f"follow-ups/{category}", enabled=True, template=letter["id"], delay_minutes=0)

    def ask(self) -> None:
        """Ask the segment by e-mail, and wait until the mail server has every invitation."""
        count = self._api("GET", f"segments/{self.segment['id']}/count")["number"]
        if count < len(self.answers):
            raise Unexpected(f"the segment has {count}, fewer than {len(self.answers)} answers")
        asked = self._launch("First wave", count)
        self._line("invitations received", count, len(asked))
        self._line("each person written to once", 1, max(len(mails) for mails in asked.values()))
        self.links = {person: self._link_in(mails[0], "/s/") for person, mails in asked.items()}
        self.first_mails = {person: mails[0] for person, mails in asked.items()}

    def answer(self) -> None:
        """Give every answer of the file through the link in a received mail, some of them in a browser."""
        people = sorted(self.links)[: len(self.answers)]
        self.given = dict(zip(people, self.answers, strict=True))
        plan: list[tuple[str, str]] = []
        for how, quarters in IN_BROWSER.items():
            number = self.in_browser * quarters // 4
            plan += [(person, how) for person in people[len(plan) : len(plan) + number]]
        ways = dict(plan)
        tried = browsing.answer(
            [
                (how, self.links[person], self.given[person].score, self.given[person].text)
                for person, how in plan
            ],
            self.tell,
        )
        self.browser = f"{tried} of them in a browser" if tried else "browser not tried"
        rest = [person for person in people if not tried or person not in ways]
        lots = [rest[start::3] for start in range(3)]
        with ThreadPoolExecutor(3) as pool:
            for each in [pool.submit(self._answer_all, lot) for lot in lots]:
                each.result()

    def compare(self) -> None:
        """Compare the score and its interval with a reckoning of the raw file in another process."""
        told = subprocess.run(
            [sys.executable, str(Path(raw.__file__)), str(self.answers_file)],
            check=True,
            capture_output=True,
            text=True,
        )
        expected = json.loads(told.stdout)
        results = self._api("GET", f"surveys/{self.survey['id']}/results?period=all")
        score = results["scored"]
        self._line("answers counted", expected["n"], score["n"])
        self._line("score", round(100 * expected["nps"], 6), round(float(score["score"]), 6))
        self._line("interval, low end", round(100 * expected["low"], 6), round(float(score["low"]), 6))
        self._line("interval, high end", round(100 * expected["high"], 6), round(float(score["high"]), 6))
        self.expected = expected

    def follow_up(self) -> None:
        """Wait for follow-ups, cases and alerts: for the right people, and nobody else."""
        by_category: dict[str, set[str]] = {"promoter": set(), "passive": set(), "detractor": set()}
        for person, answer in self.given.items():
            by_category[answer.category].add(person)

        def got(category: str) -> set[str]:
            return {
                person
                for person, mails in self.letters.items()
                if any(f"Thank you, {category}" in str(mail["Subject"]) for mail in mails)
            }

        def all_there() -> bool:
            self._read_mails()
            return all(len(got(category)) >= len(people) for category, people in by_category.items())

        self._until("the follow-ups", all_there)
        for category, people in by_category.items():
            self._line(f"follow-ups to {category}s", len(people), len(got(category)))
            self._line(f"... and to nobody else ({category})", True, got(category) == people)
        detractors = len(by_category["detractor"])
        cases = self._until("the cases", lambda: self._all_if("cases", detractors))
        self._line("cases opened", detractors, len(cases))
        self._line("cases for scores of 0 to 6 only", True, all(case["score"] <= 6 for case in cases))
        alerts = self._until("the alerts", lambda: self._all_if("alerts", detractors))
        self._line("alerts in the app", detractors, len(alerts))

        def alarmed() -> bool:
            self._read_mails()
            return len(self.letters.get(self.owner, [])) >= detractors

        self._until("the alert mails", alarmed)
        told = [mail for mail in self.letters[self.owner] if "List-Unsubscribe" not in mail]
        self._line("alerts by e-mail, at least", True, len(told) >= detractors)

    def leave(self) -> None:
        """Some people leave surveys by one click; the next wave asks everybody but them."""
        leavers = sorted(self.first_mails)[-LEAVERS:]
        for person in leavers:
            link = str(self.first_mails[person]["List-Unsubscribe"]).strip("<> ")
            path = urlsplit(link).path
            stranger = Visitor(self.base)
            page = stranger.post(path, {"List-Unsubscribe": "One-Click"})
            if page.status not in (200, 202, 204):
                raise Unexpected(f"one-click unsubscribe answered {page.status}")
        count = self._api("GET", f"segments/{self.segment['id']}/count")["number"]
        asked = self._launch("Second wave", count - len(leavers))
        self._line("second wave received", count - len(leavers), len(asked))
        self._line("nobody who left was asked again", 0, len(set(leavers) & set(asked)))

    # tools

    def table(self) -> str:
        """What went in and what came out, one line each."""
        wide = max(len(line.what) for line in self.lines)
        return "\n".join(
            f"{line.what:<{wide}}  expected {line.expected!s:>14}  found {line.found!s:>14}"
            f"{'' if line.holds else '   <-- differs'}"
            for line in self.lines
        )

    def _line(self, what: str, expected: object, found: object) -> None:
        self.lines.append(Line(what, expected, found))

    def _page(self, path: str) -> Page:
        page = self.visitor.get(f"/o/{self.slug}/{path}")
        if page.status != 200:
            raise Unexpected(f"{page.url} answered {page.status}")
        return page

    def _finished_import(self) -> dict[str, Any] | None:
        latest = self._api("GET", "imports")["items"][0]
        if latest["state"] in ("failed", "cancelled"):
            raise Unexpected(f"the import {latest['state']}: {latest['failure']}")
        return cast(dict[str, Any], latest) if latest["state"] == "done" else None

    def _launch(self, name: str, expected: int) -> dict[str, list[EmailMessage]]:
        """Launch a distribution to the segment; what each person was mailed, once `expected` mails are there."""
        self._read_mails()
        before = {person: len(mails) for person, mails in self.letters.items()}
        made = self._api(
            "POST", "distributions", name=name, survey=self.survey["id"], segment=self.segment["id"]
        )
        self._api("POST", f"distributions/{made['id']}/launch")

        def settled() -> bool:
            progress = self._api("GET", f"distributions/{made['id']}")["progress"]
            self._read_mails()
            return progress["asked"] > 0 and len(new()) >= expected

        def new() -> dict[str, list[EmailMessage]]:
            found = {}
            for person, mails in self.letters.items():
                if person.endswith(DOMAIN) and (fresh := mails[before.get(person, 0) :]):
                    found[person] = fresh
            return found

        self._until(f"the mails of “{name}”", settled, every=2.0)
        time.sleep(3)  # whatever is sent twice would come now
        self._read_mails()
        return new()

    def _answer_all(self, people: Iterable[str]) -> None:
        visitor = Visitor(self.base)
        for person in people:
            answer = self.given[person]
            page = visitor.get(f"{self.links[person]}?score={answer.score}")
            form = page.form("nps")
            words: dict[str, Any] = {
                name: answer.text for name in form.names if name == f"reason_{answer.category}"
            }
            page = visitor.submit(page, form, nps=answer.score, **words)
            for _turn in range(3):
                again = [form for form in page.forms() if f"reason_{answer.category}" in form.names]
                if page.status != 200 or not again or words:
                    break
                words = {f"reason_{answer.category}": answer.text}
                page = visitor.submit(page, again[0], **words)
            if page.status != 200:
                raise Unexpected(f"an answer was met with {page.status} at {page.url}")

    def _api(self, method: str, path: str, **body: Any) -> Any:
        return self.visitor.json(method, f"/api/v1/{path}", self.key, body if method != "GET" else None)

    def _all_if(self, path: str, number: int) -> list[dict[str, Any]] | None:
        """All items of a list, once there are so many."""
        items: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self._api("GET", f"{path}?limit=100{cursor}")
            items += page["items"]
            if page["next"] is None:
                return items if len(items) >= number else None
            cursor = f"&cursor={page['next']}"

    def _read_mails(self) -> None:
        for number, recipients, source in self.mailbox.since(self.seen):
            self.seen = number
            mail = cast(EmailMessage, message_from_bytes(source, policy=policy.default))
            for person in recipients:
                self.letters.setdefault(person.lower(), []).append(mail)

    def _mail_to(self, person: str) -> EmailMessage:
        def there() -> EmailMessage | None:
            self._read_mails()
            return self.letters.get(person, [None])[-1]  # type: ignore[list-item]

        return cast(EmailMessage, self._until(f"a mail to {person}", there))

    def _link_in(self, mail: EmailMessage, part: str) -> str:
        text = opened(mail.as_bytes()).text
        found = re.search(rf"https?://[^\s<>\"]+{re.escape(part)}[-\w:]+/?", text)
        if found is None:
            raise Unexpected(f"no link with {part} in “{mail['Subject']}”")
        return urlsplit(found[0]).path

    def _until(self, what: str, there: Callable[[], Any], *, every: float = 0.5) -> Any:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = there()
            if found:
                return found
            time.sleep(every)
        raise Unexpected(f"waited {PATIENCE} s for {what}")

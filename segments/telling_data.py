"""Everything that is held about a customer: in plain words for the page, and whole for taking along."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.acting import system_actor
from accounts.personal_data import gather
from segments import origins, timeline
from segments.following import absorbed_by
from segments.models import Attribute, ConsentChange, Contact, Customer, DataRequest
from segments.sheets import line_of
from segments.timeline import Line
from segments.values import as_text

# The page is for reading, on a phone; all of it is in the copy to take along.
MOST_LINES = 40


@dataclass(frozen=True)
class Fact:
    """One thing known: what it is called, what it is, where it came from and when."""

    key: str
    label: str
    text: str
    origin: origins.Origin | None


@dataclass(frozen=True)
class Held:
    """What the page shows. `kinds` counts every row that is held, by what it is."""

    facts: list[Fact]
    lines: list[Line]
    consents: list[ConsentChange]
    contacts: list[Contact]
    requests: list[DataRequest]
    kinds: list[tuple[str, int]]


def held(customer: Customer) -> Held:
    """For the person themselves: their own answers with the words, whoever of the business may read them."""
    everyone = [customer.pk, *absorbed_by(customer.pk)]
    numbers: dict[str, int] = {}
    for one in everyone:
        for label, rows in gather(one).items():
            numbers[label] = numbers.get(label, 0) + len(rows)
    return Held(
        facts(customer),
        timeline.lines(customer, system_actor(customer.organization), limit=MOST_LINES),
        list(ConsentChange.objects.filter(customer=customer).order_by("-at", "-id")[:20]),
        list(Contact.objects.of(customer.pk).order_by("-at", "-id")[:20]),
        list(DataRequest.objects.filter(customer_id=customer.pk).order_by("-asked_at", "-id")[:20]),
        [(str(apps.get_model(label)._meta.verbose_name), number) for label, number in numbers.items()],
    )


def facts(customer: Customer) -> list[Fact]:
    """Facts of the record and declared attributes that are known, each with its origin."""
    declared = {f"{origins.ATTRIBUTE}{one.key}": one for one in Attribute.objects.present()}
    origin = origins.of(customer, [*origins.OWN, *declared])
    found = []
    for key, label in origins.OWN.items():
        if key in origin:
            found.append(Fact(key, str(label), _own(customer, key), origin[key]))
    for key, one in declared.items():
        if key in origin:
            text = as_text(one.kind, customer.attributes[one.key])
            found.append(Fact(key, one.label, f"{text} {one.currency}".strip(), origin[key]))
    return found


def _own(customer: Customer, key: str) -> str:
    return customer.role_words if key == "roles" else str(getattr(customer, key))


def copy(customer: Customer, *, at: datetime | None = None) -> dict[str, Any]:
    """All of it as one object that JSON can hold; two records that were merged are one person."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for one in (customer.pk, *absorbed_by(customer.pk)):
        for label, some in gather(one).items():
            rows.setdefault(label, []).extend(some)
    answers = timeline.lines(customer, system_actor(customer.organization), limit=100_000)
    return {
        "organization": customer.organization.name,
        "made_at": at or timezone.now(),
        "facts": [
            {
                "what": one.label,
                "value": one.text,
                "source": one.origin.source if one.origin else "",
                "at": one.origin.at if one.origin else None,
            }
            for one in facts(customer)
        ],
        "answers": [
            {"at": line.at, "title": line.title, "score": line.score, "words": line.quote}
            for line in answers
            if line.kind == "answer"
        ],
        "held": rows,
    }


def as_json(customer: Customer) -> bytes:
    return json.dumps(copy(customer), cls=DjangoJSONEncoder, ensure_ascii=False, indent=1).encode()


def as_zip(customer: Customer) -> bytes:
    """One CSV file for each kind of thing, for a spreadsheet: no cell or heading is taken for a formula."""
    told = copy(customer)
    sheets = {
        _("facts"): told["facts"],
        _("answers"): told["answers"],
        **{str(apps.get_model(label)._meta.verbose_name): rows for label, rows in told["held"].items()},
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, rows) in enumerate(sheets.items(), 1):
            if not rows:
                continue
            columns = list(rows[0])
            lines = [line_of(list(columns))]
            lines += [line_of([_cell(row.get(column)) for column in columns]) for row in rows]
            archive.writestr(f"{number:02}-{slugify(name) or 'rows'}.csv", "﻿" + "".join(lines))
    return made.getvalue()


def _cell(value: Any) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, dict | list):
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    return value

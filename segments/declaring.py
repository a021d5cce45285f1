"""Declaring what the business wants to know of its customers: attributes, their labels and choices."""

from collections.abc import Sequence

from django.db import connection, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.deleting import delete
from accounts.models import Deletion
from accounts.tenancy.context import current_organization_id
from segments import stages
from segments.models import Attribute, Segment
from segments.models.attribute import AttributeKind

MOST = 150


class NotDeclared(Exception):
    """The attribute cannot be declared or changed so; `field` is at fault, the sentence says why."""

    def __init__(self, field: str, sentence: str) -> None:
        self.field = field
        super().__init__(sentence)


@transaction.atomic
def declare(
    *,
    label: str,
    kind: str,
    by: Actor,
    key: str = "",
    choices: Sequence[str] = (),
    currency: str = "",
    sensitive: bool = False,
) -> Attribute:
    """A new attribute; the key is made from the label if none is given. Raises NotDeclared."""
    by.require("attribute.edit")
    present = Attribute.objects.filter(deleted_at=None)
    if present.count() >= MOST:
        raise NotDeclared("label", _("There are %(most)d attributes already.") % {"most": MOST})
    key = key or slugify(label).replace("-", "_")[:60]
    if not key:
        raise NotDeclared("key", _("Give a key in plain letters."))
    if Attribute.objects.filter(key=key).exists():
        raise NotDeclared("key", _("There is an attribute “%(key)s” already.") % {"key": key})
    attribute = Attribute(
        key=key,
        label=label.strip(),
        kind=kind,
        choices=_choices(kind, choices),
        currency=(currency or by.organization.currency) if kind == AttributeKind.MONEY else "",
        sensitive=sensitive,
        position=present.count(),
    )
    attribute.save()
    audit("attribute.edit", attribute, by=by, did="created")
    return attribute


@transaction.atomic
def change_attribute(
    attribute: Attribute,
    *,
    label: str,
    kind: str,
    choices: Sequence[str],
    sensitive: bool,
    revision: int,
    by: Actor,
) -> Attribute:
    """Change label and choices, and the kind while no customer has a value. Raises NotDeclared, Stale."""
    by.require("attribute.edit")
    attribute = Attribute.objects.select_for_update(of=("self",)).get(pk=attribute.pk)
    if kind != attribute.kind and (holders := customers_with(attribute)):
        raise NotDeclared(
            "kind",
            _("%(number)s customers have a value of the present kind. Declare another attribute instead.")
            % {"number": holders},
        )
    wanted = _choices(kind, choices)
    if kind in (AttributeKind.CHOICE, AttributeKind.LIST) and wanted:
        lost = [value for value in values_in_use(attribute) if value not in wanted]
        if lost:
            raise NotDeclared(
                "choices", _("Customers have these values: %(values)s.") % {"values": ", ".join(lost[:5])}
            )
    attribute.label, attribute.kind = label.strip(), kind
    attribute.choices, attribute.sensitive = wanted, sensitive
    attribute.currency = by.organization.currency if kind == AttributeKind.MONEY else ""
    names = ["label", "kind", "choices", "sensitive", "currency"]
    attribute.save_revision(revision, by=by, update_fields=names)
    audit("attribute.edit", attribute, by=by, fields=names)
    return attribute


@transaction.atomic
def put_away(attribute: Attribute, *, by: Actor) -> Deletion:
    """Put an attribute away for 30 days; values stay. Raises NotDeclared while a segment or a stage asks for it."""
    by.require("attribute.edit")
    users = [segment.name for segment in where_used(attribute)]
    users += stages.asking_for(f"attribute.{attribute.key}")
    if users:
        raise NotDeclared("label", _("It is used by: %(names)s.") % {"names": ", ".join(users[:5])})
    return delete(attribute, by=by, action="attribute.edit")


def where_used(attribute: Attribute) -> list[Segment]:
    """The segments whose rule asks for it."""
    word = f'"attribute.{attribute.key}"'
    return [
        segment
        for segment in Segment.objects.present().order_by("name")
        if word in str(segment.rule).replace("'", '"')
    ]


def customers_with(attribute: Attribute) -> int:
    """How many customers have a value for it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM segments_customer WHERE organization_id = %s AND attributes ? %s",
            [current_organization_id(), attribute.key],
        )
        return int(cursor.fetchone()[0])


def values_in_use(attribute: Attribute, most: int = 200) -> list[str]:
    """The values that customers have, of a choice or a list."""
    inner = (
        "SELECT DISTINCT attributes ->> %(key)s AS value FROM segments_customer"
        " WHERE organization_id = %(organization)s AND attributes ? %(key)s"
        if attribute.kind != AttributeKind.LIST
        else "SELECT DISTINCT jsonb_array_elements_text(attributes -> %(key)s) AS value FROM segments_customer"
        " WHERE organization_id = %(organization)s AND jsonb_typeof(attributes -> %(key)s) = 'array'"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT value FROM ({inner}) found ORDER BY value LIMIT %(most)s",
            {"key": attribute.key, "organization": current_organization_id(), "most": most},
        )
        return [row[0] for row in cursor.fetchall()]


def _choices(kind: str, given: Sequence[str]) -> list[str]:
    if kind not in (AttributeKind.CHOICE, AttributeKind.LIST):
        return []
    choices = list(dict.fromkeys(value.strip() for value in given if value.strip()))
    if kind == AttributeKind.CHOICE and not choices:
        raise NotDeclared("choices", _("A choice needs at least one value, one a line."))
    if any(len(value) > 200 for value in choices):
        raise NotDeclared("choices", _("A value may have at most 200 characters."))
    return choices

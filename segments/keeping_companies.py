"""Companies and their people: what is known of a company, who answers for it, and what its contacts do there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.models import Membership, Organization, Stale
from accounts.recording import record
from accounts.tenancy.context import current_organization_id
from segments import origins
from segments.models import AttributeChange, Company, ContactRole, Customer
from segments.values import BadValue, read_text

if TYPE_CHECKING:
    from segments.customers import Person

# What a row about a person may tell of their company, and the column of the company that keeps it.
TOLD = {"company_revenue": "revenue", "company_renewal": "renewal_date", "company_owner": "owner_id"}
# First key of the advisory lock on making companies; that of people is 5101.
NEW_COMPANIES = 5102
# What a caller may set, in the order in which the page asks for it.
FACTS = (
    "name", "domain", "external_id", "industry", "time_zone", "owner", "revenue", "renewal_date",
)  # fmt: skip


class NotKept(ValueError):
    """A fact of a company that cannot be kept; `path` names the field."""

    def __init__(self, sentence: object, path: str = "") -> None:
        self.path = path
        super().__init__(str(sentence))


def companies_of(actor: Actor) -> QuerySet[Company]:
    """All companies; whoever is kept to a branch sees those that somebody of the branch works for."""
    found = Company.objects.present()
    if actor.branch_ids is None:
        return found
    seen = Customer.objects.present().visible_to(actor).filter(company__isnull=False)
    return found.filter(pk__in=seen.values("company_id"))


def contacts_of(actor: Actor) -> QuerySet[Customer]:
    """The people of companies whom the actor may see."""
    return Customer.objects.present().visible_to(actor).filter(company__isnull=False)


def owners_of(actor: Actor) -> QuerySet[Membership]:
    """Whom the actor may make an account owner: members whom they see, those of the whole business among them."""
    rows = Membership.objects.filter(organization=actor.organization).select_related("user").by_name()
    branch = actor.branch_ids
    return rows if branch is None else rows.filter(Q(unit_id__in=branch) | Q(unit_id=None))


def owners_by_address() -> dict[str, int]:
    """E-mail in small letters -> member, of the acting organization."""
    rows = Membership.objects.filter(organization_id=current_organization_id())
    return {email.lower(): pk for pk, email in rows.values_list("pk", "user__email")}


def read_roles(text: str) -> str:
    """ "Decides; pays" as it is kept. Raises BadValue for a word that is no role."""
    words = [word.strip().lower() for word in re.split(r"[;,|\n]", text) if word.strip()]
    for word in words:
        if word not in ContactRole.values:
            raise BadValue(
                _("“%(word)s” is no role in a company; there are %(roles)s.")
                % {"word": word[:40], "roles": ", ".join(ContactRole.values)}
            )
    return ContactRole.written(words)


def read_revenue(text: str) -> Decimal:
    """An amount as people write it, not below 0, kept to the fourth place. Raises BadValue."""
    amount = Decimal(str(read_text("money", text)))
    if amount < 0:
        raise BadValue(_("Expected an amount of 0 or more."))
    return amount.quantize(Decimal("0.0001"))


@transaction.atomic
def upsert(*, by: Actor, source: str = "api", **facts: Any) -> tuple[Company, bool]:
    """Create a company or change the one that is known by this external id, else by this name.

    `facts` are of FACTS; what is not given stays. Gives (company, created). Raises NotKept.
    """
    external_id = (facts.get("external_id") or "").strip()
    name = (facts.get("name") or "").strip()
    company = _meant(external_id, name)
    if company is None:
        # Two calls that bring the same new company make one: a look after the lock sees what the other made.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [NEW_COMPANIES, current_organization_id()])
        company = _meant(external_id, name)
    if company is not None:
        if not companies_of(by).filter(pk=company.pk).exists():
            raise NotKept(
                _("This company belongs to another unit."), "external_id" if external_id else "name"
            )
        return change(company, facts, expected=company.revision, by=by), False
    if by.branch_ids is not None:
        raise NotKept(_("Bring a customer of your unit who works there first."), "name")
    company = Company(mode=by.mode, source=source)
    _set(company, facts)
    company.save()
    record("company.saved", company)
    audit("customer.edit", company, by=by, did="company created")
    return company, True


def _meant(external_id: str, name: str) -> Company | None:
    rows = Company.objects.present().select_for_update(of=("self",))
    company = rows.filter(external_id=external_id).first() if external_id else None
    if company is not None or not name:
        return company
    named = rows.filter(name=name).order_by("-id").first()
    # A company of another id that has the same name is another company.
    return named if named is not None and (not external_id or not named.external_id) else None


@transaction.atomic
def change(company: Company, facts: Mapping[str, Any], *, expected: int, by: Actor) -> Company:
    """Keep these facts of FACTS. Raises Stale, and NotKept with the field at fault."""
    before = {name: getattr(company, name) for name in (*FACTS, "currency")}
    _set(company, facts)
    changed = [name for name, value in before.items() if getattr(company, name) != value]
    if not changed:
        if company.revision != expected:
            who = str(company.edited_by) if company.edited_by else _("Someone")
            raise Stale(who, company.edited_at, company)
        return company
    company.save_revision(expected, by=by, update_fields=[*changed, "updated_at"])
    record("company.saved", company)
    audit("customer.edit", company, by=by, did="company changed", fields=changed)
    return company


def _set(company: Company, facts: Mapping[str, Any]) -> None:
    for name in FACTS:
        if name in facts:
            value = facts[name]
            setattr(company, name, value.strip() if isinstance(value, str) else value)
    if not company.name:
        raise NotKept(_("A company needs a name."), "name")
    if company.external_id:
        others = Company.objects.filter(external_id=company.external_id).exclude(pk=company.pk)
        if others.exists():
            raise NotKept(_("Another company has this id."), "external_id")
    owner = company.owner
    if "owner" in facts and owner is not None and not _sees(owner, company):
        raise NotKept(
            _("%(name)s sees another part of the business, and nobody of this company.")
            % {"name": owner.name},
            "owner",
        )
    if company.revenue is None:
        company.currency = ""
    elif "revenue" in facts or not company.currency:
        company.currency = Organization.objects.get(pk=current_organization_id()).currency


def _sees(owner: Membership, company: Company) -> bool:
    """Whether a member may answer for a company: those of a branch, where somebody of the branch works there."""
    from accounts.acting import member_actor

    if owner.unit_id is None:
        return True
    return contacts_of(member_actor(owner)).filter(company_id=company.pk).exists()


@transaction.atomic
def set_roles(customer: Customer, roles: Iterable[str], *, by: Actor) -> Customer:
    """Say what a contact does in their company; the words are those of ContactRole."""
    row = Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    before = origins.facts_of(row)
    row.roles = ContactRole.written(roles)
    if row.roles == before["roles"]:
        return row
    row.save_revision(row.revision, by=by, update_fields=["roles", "updated_at"])
    AttributeChange.objects.bulk_create(origins.changes_of(row, before, source="page", at=timezone.now()))
    record("customer.changed", row)
    audit("customer.edit", row, by=by, did="roles")
    return row


def bring(external_id: str, facts: Mapping[str, Any], *, by: Actor, source: str) -> Company:
    """The company of this id, made where it is new and kept up to date; without a name it is called by its id."""
    known = Company.objects.present().filter(external_id=external_id).exists()
    named = {} if known or facts.get("name") else {"name": external_id}
    return upsert(by=by, source=source, **{**facts, **named, "external_id": external_id})[0]


def employ(customer: Customer, company: Company, *, source: str) -> None:
    """Say that a customer works there."""
    row = Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    if row.company_id == company.pk:
        return
    before = origins.facts_of(row)
    row.company = company
    row.revision += 1
    row.save(update_fields=["company", "revision", "updated_at"])
    changes = origins.changes_of(row, before, source=source, at=timezone.now())
    AttributeChange.objects.bulk_create(changes)


# --- told beside a customer, by a file ----------------------------------------------------------------------------


def told_by(person: Person) -> dict[str, Any]:
    """What the row of one person says of their company."""
    return {name: value for name in TOLD if (value := getattr(person, name)) is not None}


def tell(said: Mapping[int, Mapping[str, Any]]) -> None:
    """Keep what rows of people told of their companies (company -> facts of TOLD), where it differs."""
    said = {pk: facts for pk, facts in said.items() if facts}
    if not said:
        return
    currency = Organization.objects.get(pk=current_organization_id()).currency
    changed = []
    rows = Company.objects.select_for_update(of=("self",)).filter(pk__in=said).order_by("pk")
    for company in rows:
        wanted = {TOLD[name]: value for name, value in said[company.pk].items()}
        if "revenue" in wanted:
            wanted["currency"] = currency
        if all(getattr(company, name) == value for name, value in wanted.items()):
            continue
        for name, value in wanted.items():
            setattr(company, name, value)
        company.revision += 1
        company.updated_at = timezone.now()
        changed.append(company)
    Company.objects.bulk_update(
        changed, ["revenue", "currency", "renewal_date", "owner", "revision", "updated_at"], batch_size=500
    )


def owned(membership: Membership) -> int:
    return Company.objects.present().owned_by(membership).count()


@transaction.atomic
def hand_on(leaver: Membership, heir: Membership | None, *, by: Actor) -> int:
    """Give what `leaver` owns to `heir`, where they see the company, else to nobody."""
    given = 0
    for company in Company.objects.present().owned_by(leaver).select_for_update(of=("self",)):
        company.owner = heir if heir is not None and _sees(heir, company) else None
        company.save_revision(company.revision, by=by, update_fields=["owner", "updated_at"])
        audit("customer.edit", company, by=by, did="company changed", fields=["owner"])
        given += 1
    return given

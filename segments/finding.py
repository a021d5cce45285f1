"""What segments give to the search: customers, by the words of their name, their address, phone, or any key."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.acting import Actor
from segments.models import Customer, CustomerKey
from segments.searching import Source, Told, Wanted


def _rows(wanted: Wanted, actor: Actor) -> QuerySet[Customer]:
    """Each alternative has its index, so that the planner can join them as bitmaps."""
    alike = Q(wanted.within(Customer)) & ~Q(name="") | Q(email_lower__begins=wanted.text.lower())
    phone = "".join(letter for letter in wanted.text if letter not in " ()-./")
    if phone.startswith("+"):
        alike |= Q(phone=phone)
    # Looked up first: a subquery in an alternative would read every row.
    if ids := list(CustomerKey.objects.filter(value=wanted.text).values_list("customer_id", flat=True)[:50]):
        alike |= Q(pk__in=ids)
    found = Customer.objects.present().visible_to(actor).filter(alike)
    return found.select_related("company").order_by("-id")


def _tell(customer: Customer) -> Told:
    facts = (customer.email, customer.phone, customer.company.name if customer.company else "")
    return Told(
        title=customer.shown_name,
        text=" · ".join(fact for fact in facts if fact),
        at=customer.created_at,
        page=("customer_detail", customer.pk),
        ident=("customer", customer.pk),
        score=customer.last_score,
    )


CUSTOMERS = Source("customer", _("Customers"), "people", "customer.view", _rows, _tell)

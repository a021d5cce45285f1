"""Telling two records apart: they look like one person and are two, until somebody takes it back."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.acting import Actor
from accounts.auditing import audit
from segments.models import Customer, Distinction


class NotTwo(ValueError):
    """A pair that cannot be told apart, because it is no pair."""


@transaction.atomic
def tell_apart(one: Customer, other: Customer, *, by: Actor) -> Distinction:
    """Remember that these are two people, so that nobody is asked again. Saying it twice is once. Raises NotTwo."""
    by.require("customer.merge")
    if one.pk == other.pk:
        raise NotTwo(_("These are not two records but one."))
    first, second = sorted((one, other), key=lambda each: each.pk)
    told, made = Distinction.objects.get_or_create(first=first, second=second, defaults={"by_id": by.user_id})
    if made:
        audit("customer.merge", first, by=by, did="told_apart", other=second.pk)
    return told


@transaction.atomic
def take_back(told: Distinction, *, by: Actor) -> None:
    """They may be one person after all."""
    by.require("customer.merge")
    gone, _rows = Distinction.objects.filter(pk=told.pk).delete()
    if gone:
        audit("customer.merge", told.first, by=by, did="told_together", other=told.second_id)


def pairs_among(ids: list[int]) -> set[frozenset[int]]:
    """Of these records, the pairs that were told apart."""
    found = Distinction.objects.filter(Q(first_id__in=ids) & Q(second_id__in=ids))
    return {frozenset(pair) for pair in found.values_list("first_id", "second_id")}

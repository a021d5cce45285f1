"""Who of a query may be reached by e-mail as things stand: address, stops and consent.

The judge of a sending is segments/contacting.py; it also knows quiet hours, limits and what happens until then.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import BinaryField, CharField, Count, F, Func, Q, QuerySet, Value

from segments import catalog, compiling
from segments.catalog import Asked
from segments.compiling import TooSlow
from segments.models import Channel, Customer, Purpose, Suppression
from segments.rules import Condition, Group

# The page waits for its count anyway, but not long for this one.
PATIENCE_MS = 1_500
_BINARY: BinaryField = BinaryField()


@dataclass(frozen=True)
class Reach:
    """Numbers of customers. `stopped`: nothing at all goes to the address any more, asked for or bounced."""

    surveys: int
    offers: int
    without_address: int
    stopped: int


def reach(found: QuerySet[Customer], asked: Asked) -> Reach | None:
    """In one reading of the query; None where that takes too long to wait for."""
    hashed = salted(found.order_by(), asked)
    reachable = ~Q(email_lower="")
    figures = {
        "surveys": Count(
            "pk", filter=reachable & _allowed(Purpose.SURVEYS, asked) & ~_stopped(Purpose.SURVEYS)
        ),
        "offers": Count(
            "pk", filter=reachable & _allowed(Purpose.MARKETING, asked) & ~_stopped(Purpose.MARKETING)
        ),
        "without_address": Count("pk", filter=~reachable),
        "stopped": Count("pk", filter=reachable & _stopped()),
    }
    try:
        with compiling.patience(PATIENCE_MS):
            return Reach(**hashed.aggregate(**figures))
    except TooSlow:
        return None


def salted(found: QuerySet[Customer], asked: Asked) -> QuerySet[Any]:
    """The same with `hashed`, the address as the list of stopped addresses keeps it."""
    return found.annotate(hashed=_hashed(asked.organization.salt))


def _allowed(purpose: str, asked: Asked) -> Q:
    row = Condition("consent", "is_true", None, (("channel", Channel.EMAIL), ("purpose", purpose)))
    return compiling.compile(Group("all", (row,)), asked=asked, words=catalog.vocabulary())


def _stopped(purpose: str = "") -> Q:
    closed = Suppression.objects.filter(channel=Channel.EMAIL, purpose__in={"", purpose})
    return Q(hashed__in=closed.values("address_hash"))


def _hashed(salt: str) -> Func:
    """The keyed hash of the address, as addresses.address_hash makes it."""
    key = Value(salt, output_field=CharField())
    inner = _sha256(_bytes(Func(key, F("email_lower"), template="(%(expressions)s)", arg_joiner=" || ")))
    return _sha256(Func(_bytes(key), inner, template="(%(expressions)s)", arg_joiner=" || "))


def _bytes(text: Func | Value) -> Func:
    return Func(text, Value("UTF8"), function="convert_to", output_field=_BINARY)


def _sha256(raw: Func) -> Func:
    return Func(raw, function="sha256", output_field=_BINARY)

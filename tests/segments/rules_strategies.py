"""Random rules over a fixed vocabulary, for hypothesis."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from segments.rules import Condition, Group
from segments.rules.tree import OPERATORS

WORDS = ["Oslo", "oslo", "Lima", "a b", 'say "x"', "50% off_", "ünder", "back\\slash", "it's", "x”y"]
CHOICES = ["gold", "silver", "bronze"]
EVENTS = ["order placed", "ticket closed"]
PROPERTIES = ["store", "it's"]

text = st.sampled_from(WORDS)
small = st.one_of(st.integers(-3, 12), st.sampled_from([0.5, 2.25, 7.5]))
day = st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 12, 31)).map(date.isoformat)

# field -> (kind, strategy of single values)
FIELDS: dict[str, tuple[str, Any]] = {
    "score": ("number", small),
    "category": ("choice", st.sampled_from(["detractor", "passive", "promoter"])),
    "previous_category": ("choice", st.sampled_from(["detractor", "passive", "promoter"])),
    "score_change": ("number", small),
    "answers": ("count", small),
    "answered": ("instant", day),
    "name": ("text", text),
    "email": ("text", st.sampled_from(["a@x.example", "b@x.example", "a"])),
    "touchpoint": ("text", text),
    "company": ("text", text),
    "attribute.city": ("text", text),
    "attribute.plan": ("choice", st.sampled_from(CHOICES)),
    "attribute.spend": ("money", small),
    "attribute.tenure": ("number", small),
    "attribute.renewal": ("date", day),
    "attribute.beta": ("yes_no", st.nothing()),
    "attribute.tags": ("list", text),
    "roles": ("list", st.sampled_from(["decides", "uses", "pays"])),
    "account_owner": ("text", st.sampled_from(["mona@acme.example", "mona", "vera@acme.example"])),
    "company_revenue": ("money", small),
    "company_renewal": ("date", day),
    "event_count": ("count", small),
    "event_sum": ("count", small),
    "event_last": ("instant", day),
}
KINDS = {key: kind for key, (kind, _values) in FIELDS.items()}


@st.composite
def conditions(draw: Any, fields: tuple[str, ...] = tuple(FIELDS)) -> Condition:
    key = draw(st.sampled_from(fields))
    kind, values = FIELDS[key]
    operator = draw(st.sampled_from(list(OPERATORS[kind].values())))
    takes = operator.takes
    if takes == "none":
        value: Any = None
    elif takes == "days":
        value = draw(st.integers(1, 400))
    elif takes == "percent":
        value = draw(st.integers(1, 99))
    elif takes == "values":
        value = tuple(draw(st.lists(values, min_size=1, max_size=3)))
    elif takes == "pair":
        value = tuple(sorted([draw(values), draw(values)]))
    else:
        value = draw(values)
    options: tuple[tuple[str, Any], ...] = ()
    if key.startswith("event_"):
        options = (("event", draw(st.sampled_from(EVENTS))),)
        if draw(st.integers(0, 2)) == 0:
            options += (("property", draw(st.sampled_from(PROPERTIES))),)
            if draw(st.booleans()):
                options += (("equals", draw(st.sampled_from(WORDS))),)
        if key != "event_last" and draw(st.booleans()):
            options += (("days", draw(st.integers(1, 200))),)
    return Condition(key, operator.name, value, options)


def groups(fields: tuple[str, ...] = tuple(FIELDS)) -> st.SearchStrategy[Group]:
    hows = st.sampled_from(["all", "any", "none"])
    inner = st.recursive(
        conditions(fields),
        lambda nodes: st.builds(Group, hows, st.lists(nodes, min_size=1, max_size=3).map(tuple)),
        max_leaves=6,
    )
    return st.builds(Group, hows, st.lists(inner, min_size=1, max_size=3).map(tuple))

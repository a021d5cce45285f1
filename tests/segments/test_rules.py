"""The rule language by itself: what is refused, and where; what is told, and that it can be read back."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segments.catalog import Field
from segments.rules import Condition, Group, RuleError, as_json, read_rule, sentence
from segments.rules.telling import _phrases, phrase_name
from segments.rules.tree import OPERATORS, Option
from tests.segments.rules_strategies import KINDS, groups

OF_EVENTS = (
    Option("event", "text"),
    Option("property", "text", required=False),
    Option("equals", "text", required=False, needs="property"),
)


def _said_property(options: Mapping[str, Any]) -> str:
    if "equals" in options:
        equals = options["equals"].replace("”", "””")
        return f"“{options['property']}” = “{equals}”"
    return f"any “{options['property']}”" if "property" in options else "all"


WORDS: dict[str, Field] = {
    key: Field(
        key,
        key.removeprefix("attribute.").replace("_", " ").upper(),
        kind,
        choices=("gold", "silver", "bronze") if key == "attribute.plan" else (),
        options=(OF_EVENTS if key.startswith("event_") else ())
        + ((Option("days", "days", required=False),) if key in ("event_count", "event_sum") else ()),
        phrase=(
            lambda options, key=key: (
                f"{key} of “{options['event']}”, {_said_property(options)}, in {options.get('days', 'all')} days"
            )
        )
        if key.startswith("event_")
        else None,
        currency="EUR" if kind == "money" else "",
    )
    for key, kind in KINDS.items()
}


def refusal(rule: Any) -> str:
    with pytest.raises(RuleError) as caught:
        read_rule(rule, WORDS)
    return str(caught.value)


def one(**row: Any) -> dict[str, Any]:
    return {"all": [row]}


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ([], "rules: expected an object"),
        ({}, "rules: expected one of all, any, none, or a field"),
        ({"all": [], "any": []}, "rules: expected one of all, any, none, or a field"),
        ({"any": []}, "rules: a group needs at least one rule"),
        ({"all": [{"any": []}]}, "rules[0].any: a group needs at least one rule"),
        ({"all": {}}, "rules: expected a list"),
        (one(field="nonsense", operator="is", value=1), "rules[0].field: there is no field “nonsense”"),
        (one(field=["score"], operator="is", value=1), "rules[0].field: there is no field “['score']”"),
        (one(field="score", operator="~", value=1), "rules[0].operator: expected one of is, is_not, at_least"),
        (one(field="score", operator="is"), "rules[0].value: is missing"),
        (one(field="score", operator="is", value="9"), "rules[0].value: expected a number"),
        (one(field="score", operator="is", value=True), "rules[0].value: expected a number"),
        (one(field="score", operator="is", value=float("nan")), "rules[0].value: expected a number"),
        (one(field="score", operator="between", value=[9, 3]), "rules[0].value: the first value is above"),
        (one(field="score", operator="is_known", value=1), "rules[0].value: is not expected here"),
        (one(field="score", operator="is", value=1, sql="1=1"), "rules[0].sql: is not expected here"),
        (one(field="name", operator="is", value="a\x00b"), "rules[0].value: a text without null characters"),
        (one(field="name", operator="is", value="x" * 201), "rules[0].value: at most 200 characters"),
        (one(field="name", operator="is_one_of", value=["a", 1]), "rules[0].value[1]: expected a text"),
        (one(field="attribute.plan", operator="is", value="tin"), "rules[0].value: expected one of gold"),
        (one(field="attribute.renewal", operator="is", value="2026-02-30"), "rules[0].value: expected a date"),
        (one(field="answered", operator="within_last", value=0), "rules[0].value: expected a whole number of"),
        (one(field="event_count", operator="is", value=1), "rules[0].event: is missing"),
        (
            {"all": [one(field="score", operator="is_known"),
                     {"any": [{"field": "score", "operator": "is", "value": "many"}]}]},
            "rules[1].any[0].value: expected a number",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_path(rule: Any, told: str) -> None:
    assert refusal(rule).startswith(told)


def test_depth_and_size_are_limited() -> None:
    deep: dict[str, Any] = one(field="score", operator="is_known")
    for _ in range(50):
        deep = {"any": [deep]}
    assert "at most 8 deep" in refusal(deep)
    wide = {"all": [{"field": "score", "operator": "is_known"}] * 200}
    assert "at most 200 parts" in refusal(wide)
    assert read_rule({"all": wide["all"][:199]}, WORDS).nodes() == 200


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["all", "any", "field", "operator", "value", "x"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_is_sent_is_read_or_refused_and_never_breaks(raw: Any) -> None:
    try:
        assert isinstance(read_rule(raw, WORDS), Group)
    except RuleError as error:
        assert error.path


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(groups())
def test_what_is_kept_reads_back_to_the_same_tree(rule: Group) -> None:
    assert read_rule(json.loads(json.dumps(as_json(rule))), WORDS) == rule


# --- reading the sentence back ----------------------------------------------------------------------------------


class Reader:
    """The English sentence -> the tree, by the same phrases; it knows quotes, brackets, and the fields."""

    def __init__(self, text: str, words: Mapping[str, Field]) -> None:
        self.text, self.words, self.at = text, words, 0
        self.patterns = [
            (key, operator, self.pattern(key, word, operator))
            for key, word in words.items()
            for operator in OPERATORS[word.kind]
        ]

    def pattern(self, key: str, word: Field, operator: str) -> re.Pattern[str]:
        quoted = "“(?:[^”]|””)*”"
        atom = f"(?:{quoted}|[0-9.−]+(?: EUR)?|\\d{{4}}-\\d\\d-\\d\\d)"
        takes = OPERATORS[word.kind][operator].takes
        value = {
            "values": f"(?P<value>{atom}(?:, {atom})*)",
            "pair": f"(?P<low>{atom}) and (?P<high>{atom})",
        }.get(takes, f"(?P<value>{atom})")
        phrase = re.escape(_phrases(str)[phrase_name(word.kind, operator)].replace("|", ""))
        if word.phrase is None:
            subject = re.escape(str(word.label))
        else:
            text = "(?:[^”]|””)*"
            of = f"all|any “(?P<property>{text})”|“(?P<this>{text})” = “(?P<equals>{text})”"
            subject = f"{key} of “(?P<event>{text})”, (?:{of}), in (?P<days>all|\\d+) days"
        phrase = phrase.replace(re.escape("%(subject)s"), subject).replace(re.escape("%(value)s"), value)
        return re.compile(phrase + r"(?=$|\.$|\)|, and | or )")

    def rule(self) -> Group:
        if self.text == "All customers.":
            return Group("all")
        self.text = self.text.removesuffix(".")
        for opening, how, between in [
            ("All customers but those ", "none", " or "),
            ("Customers either ", "any", " or "),
            ("Customers, in any case, ", "any", " or "),
            ("Customers ", "all", ", and "),
        ]:
            if self.text.startswith(opening):
                self.at = len(opening)
                return Group(how, tuple(self.members(between)))
        raise AssertionError(self.text)

    def members(self, between: str) -> Any:
        yield self.node()
        while self.text.startswith(between, self.at):
            self.at += len(between)
            yield self.node()

    def node(self) -> Any:
        for opening, how, between in [
            ("(all of: ", "all", ", and "), ("(either ", "any", " or "), ("(not ", "none", " or "),
        ]:  # fmt: skip
            if self.text.startswith(opening, self.at):
                self.at += len(opening)
                group = Group(how, tuple(self.members(between)))
                assert self.text[self.at] == ")"
                self.at += 1
                return group
        found = [
            (match, key, operator)
            for key, operator, pattern in self.patterns
            if (match := pattern.match(self.text, self.at))
        ]
        match, key, operator = max(found, key=lambda one: one[0].end())
        self.at = match.end()
        return self.condition(key, operator, match)

    def condition(self, key: str, operator: str, match: re.Match[str]) -> Condition:
        kind, told = self.words[key].kind, match.groupdict()
        options: tuple[tuple[str, Any], ...] = ()
        if told.get("event") is not None:
            options = (("event", told["event"].replace("””", "”")),)
            if (asked := told["property"] or told["this"]) is not None:
                options += (("property", asked),)
            if told["equals"] is not None:
                options += (("equals", told["equals"].replace("””", "”")),)
            if told["days"] != "all":
                options += (("days", int(told["days"])),)
        takes = OPERATORS[kind][operator].takes
        if takes == "none":
            return Condition(key, operator, None, options)
        if takes == "pair":
            return Condition(key, operator, (self.value(told["low"]), self.value(told["high"])), options)
        if takes == "values":
            parts = re.findall(r"“(?:[^”]|””)*”|[^,\s]+", told["value"])
            return Condition(key, operator, tuple(self.value(part) for part in parts), options)
        return Condition(key, operator, self.value(told["value"]), options)

    @staticmethod
    def value(text: str) -> Any:
        if text.startswith("“"):
            return text[1:-1].replace("””", "”")
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return text
        number = float(text.removesuffix(" EUR").replace("−", "-"))
        return int(number) if number.is_integer() else number


@pytest.mark.row("E1", "tells the rule in an English sentence")
@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(groups())
def test_the_sentence_reads_back_to_the_same_tree(rule: Group) -> None:
    told = sentence(rule, WORDS)
    # A pair of one group holding one member may lose its name ("either A" is "A"), nothing else may.
    assert Reader(told, WORDS).rule() == rule, told


def test_two_rules_are_never_told_alike() -> None:
    """The control: telling an `any` as an `all` would not read back."""
    rule = Group("any", (Condition("score", "is", 1), Condition("score", "is", 2)))
    assert (
        Reader(sentence(rule, WORDS).replace("either ", "").replace(" or ", ", and "), WORDS).rule() != rule
    )


def test_a_sentence_as_people_read_it() -> None:
    rule = {
        "all": [
            {"field": "touchpoint", "operator": "is", "value": "support"},
            {"any": [
                {"field": "score_change", "operator": "at_most", "value": -2},
                {"field": "event_count", "event": "order placed", "days": 60, "operator": "is", "value": 0},
            ]},
            {"none": [{"field": "attribute.beta", "operator": "is_true"}]},
        ]
    }  # fmt: skip
    assert sentence(read_rule(rule, WORDS), WORDS) == (
        "Customers whose TOUCHPOINT is “support”, and (either whose SCORE CHANGE is at most −2 or whose "
        "event_count of “order placed”, all, in 60 days is 0), and (not for whom it is so: BETA)."
    )

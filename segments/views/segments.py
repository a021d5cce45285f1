"""Segments: the list, the builder, the library."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import opaque
from accounts.acting import Actor
from accounts.door import member_page
from accounts.models import Stale
from accounts.sockets import plugged
from accounts.toasts import toast
from accounts.views.restoring import taken_back
from segments import catalog, compiling, drafting, library, reaching, segmenting
from segments.catalog import Asked, Vocabulary
from segments.compiling import TooSlow, Unanswerable
from segments.drafting import Draft
from segments.models import Customer, Segment
from segments.rules import Condition, Group, operators_of, tell
from segments.templatetags.segments import option_label
from segments.views.moves import lately

SORTS = {"name": "name", "-name": "-name", "people": "counted", "-people": "-counted", "edited": "updated_at",
         "-edited": "-updated_at"}  # fmt: skip


@member_page("segment.view")
def segment_list(request: HttpRequest, slug: str) -> HttpResponse:
    """All segments with their last count, what uses them, and the way to the library."""
    query = request.GET.get("q", "").replace("\x00", "").strip()[:120]
    sort = SORTS.get(request.GET.get("sort", ""), "name")
    found = Segment.objects.present()
    if query:
        found = found.named_like(query)
    words = catalog.vocabulary()
    rows = []
    for segment in found.order_by(sort, "id")[:200]:
        rows.append((segment, sentence_of(segment, words), segmenting.used_by(segment)))
    if not query:
        _refresh(request.actor, [row[0] for row in rows])
    told = {"rows": rows, "query": query, "ready": any(not one["taken"] for one in library.ready())}
    return render(request, "segments/segment_list.html", told)


def _refresh(actor: Actor, segments: list[Segment]) -> None:
    """Count those whose figure is older than a few minutes, a handful per visit; a branch counts nothing."""
    if actor.branch_ids is not None:
        return
    stale = timezone.now() - timedelta(minutes=5)
    for segment in [one for one in segments if one.counted_at is None or one.counted_at < stale][:12]:
        try:
            segment.counted = compiling.count(compiling.members(segment), timeout_ms=1_500)
        except (TooSlow, Unanswerable, ValueError):
            continue
        segment.counted_at = timezone.now()
        Segment.objects.filter(pk=segment.pk).update(counted=segment.counted, counted_at=segment.counted_at)


def sentence_of(segment: Segment, words: Vocabulary) -> str:
    if segment.static:
        return _("A fixed list.")
    rule, _trouble = drafting.checked(drafting.of_rule(segment.rule or {"all": []}), words)
    return "".join(part.text for part in tell(rule, told(words), _)) if rule else _("This rule needs a look.")


def told(words: Vocabulary) -> Vocabulary:
    """The same words, with the names of segments and units to show for their ids."""
    from dataclasses import replace

    names = {"segment": catalog.named_segments(), "unit": catalog.named_units()}
    return Vocabulary(
        [replace(one, labels=names[one.kind]) if one.kind in names else one for one in words.values()]
    )


@member_page("segment.edit")
def segment_new(request: HttpRequest, slug: str) -> HttpResponse:
    return _builder(request, slug, None)


@member_page("segment.view", post="segment.edit")
def segment_edit(request: HttpRequest, slug: str, segment_id: int) -> HttpResponse:
    """The builder; for those who may not change it, the same page to read."""
    return _builder(request, slug, get_object_or_404(Segment.objects.present(), pk=segment_id))


def _builder(request: HttpRequest, slug: str, segment: Segment | None) -> HttpResponse:
    actor: Actor = request.actor
    words = told(catalog.vocabulary())
    status, stale, error, name_error = 200, None, "", ""
    raw = segment.rule if segment is not None else {"all": [{"field": "score", "operator": "at_least"}]}
    draft = drafting.of_rule(raw or {"all": []})
    name = segment.name if segment is not None else ""
    if segment is None and (begun := drafting.of_text(request.GET.get("rule", ""))) is not None:
        draft, name = begun, request.GET.get("name", "").replace("\x00", "")[:120]
    description = segment.description if segment is not None else ""
    revision = segment.revision if segment is not None else 0
    if request.method == "POST":
        draft = drafting.read_form(request.POST, words)
        name, description = request.POST.get("name", ""), request.POST.get("description", "")
        revision = int(request.POST["revision"]) if request.POST.get("revision", "").isdigit() else 0
        if request.POST.get("do", "") == "save":
            status = 422
            rule, _trouble = drafting.checked(draft, words)
            if segment is not None and segment.static:
                rule = Group("all")
            if not name.strip():
                name_error = _("Give the segment a name.")
            elif len(name) > 120 or len(description) > 500:
                name_error = _("The name has at most 120 characters, the description 500.")
            elif rule is not None:
                try:
                    saved = segmenting.save(
                        segment, name=name, description=description, rule=rule, expected=revision, by=actor
                    )
                    toast(request, _("“%(name)s” was saved.") % {"name": saved.name})
                    return redirect("segment_edit", slug, saved.pk)
                except Stale as conflict:
                    stale, status = conflict, 409
                    revision = conflict.subject.revision if isinstance(conflict.subject, Segment) else 0
                except Unanswerable as refusal:
                    error = str(refusal)
                except ValidationError as refusal:
                    error = " ".join(refusal.messages)
    context = {
        "segment": segment,
        "shown_id": opaque.encode("segment", segment.pk) if segment is not None else "",
        "name": name,
        "description": description,
        "revision": revision,
        "error": error,
        "name_error": name_error,
        "stale": stale,
        "may_edit": actor.may("segment.edit"),
        "used_by": segmenting.used_by(segment) if segment is not None else [],
        **_moved(segment, actor),
        **draft_state(request, draft, words, segment, untouched=segment is None and request.method != "POST"),
    }
    return render(request, "segments/segment_edit.html", context, status=status)


def _moved(segment: Segment | None, actor: Actor) -> dict[str, Any]:
    """Who came and went of late, for those who may read customers; a fixed list is as it was made."""
    if segment is None or segment.static or not actor.may("customer.view"):
        return {}
    return lately(segment, actor)


@require_POST
@member_page("segment.view")
def segment_try(request: HttpRequest, slug: str) -> HttpResponse:
    """The builder's live part: rows, sentence, count and sample for what stands in the form now."""
    words = told(catalog.vocabulary())
    draft = drafting.read_form(request.POST, words)
    context = {"may_edit": request.actor.may("segment.edit"), **draft_state(request, draft, words, None)}
    return render(request, "segments/parts/builder.html", context)


def draft_state(
    request: HttpRequest,
    draft: Draft,
    words: Vocabulary,
    segment: Segment | None,
    *,
    untouched: bool = False,
) -> dict[str, Any]:
    """Everything the page shows of a draft: its rows with their counts, its sentence, who is in it now.

    A draft that nobody has touched is not told what it lacks.
    """
    actor: Actor = request.actor
    rule, trouble = drafting.checked(draft, words)
    asked = Asked.of(actor.organization)
    static = segment is not None and segment.static
    state: dict[str, Any] = {
        "sentence": tell(rule, words, _) if rule is not None else [],
        "trouble": advice(trouble) if trouble and not untouched else "",
        "untouched": untouched,
        "place": trouble.place if trouble else "",
        "static": static,
        "word_groups": words.groups(),
        "events": catalog.event_names(),
        "person": request.POST.get("person", request.GET.get("person", "")).replace("\x00", "").strip()[:200],
    }
    counts: dict[str, int] = {}
    try:
        if static and segment is not None:
            found = compiling.members(segment, asked=asked).visible_to(actor)
        elif rule is not None:
            found = compiling.found_by(rule, asked=asked, words=words).visible_to(actor)
        else:
            found = None
        if found is not None:
            number = compiling.count(found)
            everyone = compiling.count(compiling.everybody(asked).visible_to(actor))
            state |= {
                "number": number,
                "of": everyone,
                "share": number / everyone if everyone else None,
                "sample": list(found.select_related("company").order_by("-id")[:5]),
            }
            if rule is not None and not static:
                counts = _row_counts(draft, words, asked, actor)
            state["reach"] = reaching.reach(found, asked)
            state["facts"] = [facts for bring in plugged("SEGMENT_FACTS") if (facts := bring(found, actor))]
            state["by_score"] = rule is not None and any(
                row.field in ("score", "category", "score_change", "previous_category")
                for row in rule.conditions()
            )
            if state["person"]:
                state["check"] = _is_in(state["person"], draft, words, asked, actor, found)
    except (TooSlow, Unanswerable) as error:
        state["trouble"] = str(error)
    state["root"] = _shown(draft, "", words, counts, state["place"], state["trouble"])
    return state


def advice(trouble: drafting.Trouble) -> str:
    """What a row lacks, as a sentence for the person who writes it; the API keeps the path and the terse form."""
    if trouble.message == "is missing":
        return _("Something is missing here: fill it in.")
    if trouble.message == "a group needs at least one rule":
        return _("This group is empty: add a rule, or remove the group.")
    words = _(trouble.message) % trouble.params
    return f"{words[:1].upper()}{words[1:]}."


def _row_counts(draft: Draft, words: Vocabulary, asked: Asked, actor: Actor) -> dict[str, int]:
    """How many each row finds by itself, in one reading of the table."""
    rows = dict(_rows(draft, "", words))
    if not rows:
        return {}
    compiled = {
        f"r{number}": Count("pk", filter=compiling.compile(Group("all", (row,)), asked=asked, words=words))
        for number, row in enumerate(rows.values())
    }
    try:
        with compiling.patience(2_000):
            found = compiling.everybody(asked).visible_to(actor).aggregate(**compiled)
    except TooSlow:
        return {}
    return {place: found[f"r{number}"] for number, place in enumerate(rows)}


def _rows(draft: Draft, place: str, words: Vocabulary) -> list[tuple[str, Condition]]:
    found: list[tuple[str, Condition]] = []
    for number, member in enumerate(draft.members):
        inside = f"{place}.{number}" if place else str(number)
        if member.is_group:
            found += _rows(member, inside, words)
        else:
            rule, _trouble = drafting.checked(Draft("all", [member]), words)
            if rule is not None and isinstance(rule.members[0], Condition):
                found.append((inside, rule.members[0]))
    return found


def _is_in(
    text: str, draft: Draft, words: Vocabulary, asked: Asked, actor: Actor, found: Any
) -> dict[str, Any]:
    """Whether one person is in it, row by row."""
    people = Customer.objects.present().visible_to(actor).matching(text).order_by("name", "id")
    person = people.first()
    if person is None:
        return {"person": None}
    rows = []
    for _place, row in _rows(draft, "", words):
        alone = Group("all", (row,))
        holds = compiling.found_by(alone, asked=asked, words=words).filter(pk=person.pk).exists()
        parts = tell(alone, words, _)[1:-1]
        rows.append((holds, "".join(part.text for part in parts)))
    return {"person": person, "inside": found.filter(pk=person.pk).exists(), "rows": rows}


def _shown(
    node: Draft, place: str, words: Vocabulary, counts: dict[str, int], wrong: str, trouble: str
) -> dict[str, Any]:
    """A node as the template draws it."""
    shown: dict[str, Any] = {
        "place": place,
        "name": place or "root",
        "id": place.replace(".", "-") or "root",
        "trouble": trouble if place == wrong and trouble else "",
        "depth": place.count(".") + 1 if place else 0,
        "focus": node.focus,
    }
    if node.is_group:
        members = [
            _shown(member, f"{place}.{number}" if place else str(number), words, counts, wrong, trouble)
            for number, member in enumerate(node.members)
        ]
        return shown | {"how": node.how, "members": members}
    word = words.get(node.field)
    operators = operators_of(word.kind) if word is not None else {}
    takes = operators[node.operator].takes if node.operator in operators else "none"
    values = node.value if isinstance(node.value, list | tuple) else [node.value]
    texts = ["" if one is None else str(one) for one in values]
    return shown | {
        "field": node.field,
        "word": word,
        "operator": node.operator,
        "operators": [(name, operator_word(name)) for name in operators],
        "takes": takes,
        "values": texts,
        "several": "\n".join(texts),
        "low": texts[0] if texts else "",
        "high": texts[1] if len(texts) > 1 else "",
        "choices": _choices(word),
        "suggestions": _suggestions(word),
        "options": [
            {
                "option": option,
                "value": node.options.get(option.name, ""),
                "label": option_word(option.name),
                "choices": [(one, option.labels.get(one) or option_label(one)) for one in option.choices],
                "is_text": option.kind == "text" and not option.choices,
                "list": "events"
                if option.name == "event"
                else f"s-{shown['id']}"
                if option.name == "name"
                else "",
            }
            for option in (word.options if word else ())
        ],
        "count": counts.get(place),
        "input": _INPUTS.get(word.kind if word else "", "text"),
    }


_INPUTS = {"number": "number", "money": "number", "count": "number", "date": "date", "instant": "date"}


def _choices(word: catalog.Field | None) -> list[tuple[str, str]]:
    if word is None:
        return []
    if word.kind in ("segment", "unit"):
        return [(value, str(label)) for value, label in word.labels.items()]
    return [(value, str(word.labels.get(value, value))) for value in word.choices]


def _suggestions(word: catalog.Field | None) -> list[str]:
    return list(word.suggest())[:30] if word is not None and word.suggest is not None else []


def operator_word(name: str) -> str:
    return {
        "is": _("is"), "is_not": _("is not"), "is_one_of": _("is one of"), "is_none_of": _("is none of"),
        "begins_with": _("begins with"), "contains": _("contains"), "at_least": _("is at least"),
        "at_most": _("is at most"), "more_than": _("is more than"), "less_than": _("is less than"),
        "between": _("is between"), "top_percent": _("is among the highest %"), "before": _("is before"),
        "after": _("is after"), "within_last": _("is within the last, days"),
        "longer_ago_than": _("is longer ago than, days"), "within_next": _("is within the next, days"),
        "is_true": _("yes"), "is_false": _("no"), "includes": _("includes"),
        "includes_any": _("includes one of"), "excludes": _("does not include"), "is_known": _("is known"),
        "is_unknown": _("is not known"), "is_in": _("is"), "is_not_in": _("is not"),
    }.get(name, name)  # fmt: skip


def option_word(name: str) -> str:
    return {
        "event": _("event"), "name": _("which"), "property": _("with"), "equals": _("being"),
        "days": _("within the last, days"), "channel": _("channel"), "purpose": _("purpose"),
        "of": _("of which value"), "why": _("why"), "system": _("CRM"),
    }.get(name, name)  # fmt: skip


@member_page("segment.view", post="segment.edit")
def segment_ready(request: HttpRequest, slug: str) -> HttpResponse:
    """The library: segments that are ready to take."""
    if request.method == "POST":
        try:
            segment = library.take(request.POST.get("key", ""), by=request.actor)
        except KeyError:
            raise Http404 from None
        toast(request, _("“%(name)s” is among your segments now.") % {"name": segment.name})
        return redirect("segment_ready", slug)
    words = told(catalog.vocabulary())
    rows = []
    for one in library.ready():
        rule, _trouble = drafting.checked(drafting.of_rule(one["rule"]), words)
        rows.append({**one, "sentence": "".join(part.text for part in tell(rule, words, _)) if rule else ""})
    return render(
        request, "segments/segment_ready.html", {"rows": rows, "may_edit": request.actor.may("segment.edit")}
    )


@require_POST
@member_page("segment.edit")
def segment_copy(request: HttpRequest, slug: str, segment_id: int) -> HttpResponse:
    segment = get_object_or_404(Segment.objects.present(), pk=segment_id)
    copied = segmenting.copy(segment, by=request.actor)
    toast(request, _("This is the copy."))
    return redirect("segment_edit", slug, copied.pk)


@require_POST
@member_page("segment.edit")
def segment_freeze(request: HttpRequest, slug: str, segment_id: int) -> HttpResponse:
    """A fixed list of those who are in it now."""
    segment = get_object_or_404(Segment.objects.present(), pk=segment_id)
    try:
        with compiling.patience():
            frozen = segmenting.freeze(segment, by=request.actor)
    except (TooSlow, Unanswerable) as error:
        toast(request, str(error))
        return redirect("segment_edit", slug, segment_id)
    toast(request, _("A fixed list of those who are in it now."))
    return redirect("segment_edit", slug, frozen.pk)


@require_POST
@member_page("segment.edit")
def segment_delete(request: HttpRequest, slug: str, segment_id: int) -> HttpResponse:
    segment = get_object_or_404(Segment.objects.present(), pk=segment_id)
    try:
        deletion = segmenting.put_away(segment, by=request.actor)
    except segmenting.InUse as refusal:
        toast(request, _("“%(name)s” stays. %(why)s") % {"name": segment.name, "why": refusal})
        return redirect("segment_edit", slug, segment_id)
    toast(
        request,
        _("“%(name)s” was deleted.") % {"name": segment.name},
        undo=reverse("segment_restore", args=[slug, deletion.pk]),
    )
    return redirect("segment_list", slug)


@require_POST
@member_page("segment.edit")
def segment_restore(request: HttpRequest, slug: str, deletion_id: int) -> HttpResponse:
    segment = taken_back(request, deletion_id, Segment.objects.all(), action="segment.edit")
    return redirect("segment_edit", slug, segment.pk)

"""The form of an improvement: its words, what it touches, whose it is, and what decides its place."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.acting import Actor
from accounts.models import Membership, Unit
from segments.models import Segment
from surveys import improving
from surveys.models import Improvement, Theme


class _UnitChoices(forms.ModelMultipleChoiceField):
    """Units by their place in the tree."""

    def label_from_instance(self, obj: Any) -> str:
        return "– " * obj.depth + obj.name


class ImprovementForm(forms.Form):
    """One improvement. `facts()` are what surveys/improving.py takes."""

    name = forms.CharField(label=gettext_lazy("What is improved"), max_length=120)
    change = forms.CharField(
        label=gettext_lazy("What changes"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Such as: a second queue at the tills from four o’clock."),
    )
    side = forms.ChoiceField(label=gettext_lazy("It is about a"), choices=Improvement.Side.choices)
    theme: forms.ModelChoiceField[Theme] = forms.ModelChoiceField(
        label=gettext_lazy("Theme that it is about"),
        queryset=Theme.objects.none(),
        required=False,
        empty_label=gettext_lazy("none"),
    )
    fact = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)
    value = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)
    action = forms.ChoiceField(label=gettext_lazy("Kind of action"), choices=Improvement.Action.choices)
    owner: forms.ModelChoiceField[Membership] = forms.ModelChoiceField(
        label=gettext_lazy("Owner"),
        queryset=Membership.objects.none(),
        required=False,
        empty_label=gettext_lazy("nobody yet"),
    )
    due_on = forms.DateField(
        label=gettext_lazy("Due"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=Improvement.State.choices)
    done_on = forms.DateField(
        label=gettext_lazy("Done since"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy(
            "The first day on which customers met the change. Its effect is counted from it."
        ),
    )
    units = _UnitChoices(
        label=gettext_lazy("Units that it touches"),
        queryset=Unit.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("With everything beneath them. Its effect is told against the other units."),
    )
    segments: forms.ModelMultipleChoiceField[Segment] = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Segments that it is for"),
        queryset=Segment.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    confidence = forms.ChoiceField(
        label=gettext_lazy("How sure you are that it helps"), choices=Improvement.Confidence.choices
    )
    effort = forms.IntegerField(label=gettext_lazy("Days of work"), min_value=1, max_value=1000)
    expected = forms.IntegerField(
        label=gettext_lazy("Points you expect per person"),
        required=False,
        min_value=1,
        max_value=200,
        help_text=gettext_lazy("Used only where the answers cannot tell, and with low confidence."),
    )
    briefing = forms.CharField(
        label=gettext_lazy("What the team is told"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What is different, and what each of them does from now on."),
    )
    note = forms.CharField(
        label=gettext_lazy("What customers are told who raised it"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("In one or two sentences: what you did. It is mailed only when you say so."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows: dict[str, Any] = {
            "theme": Theme.objects.present(),
            "owner": Membership.objects.filter(organization=actor.organization)
            .select_related("user")
            .by_name(),
            "units": Unit.objects.visible_to(actor).alive().in_order(),
            "segments": Segment.objects.present().order_by("name"),
        }
        for name, found in rows.items():
            self.fields[name].queryset = found  # type: ignore[attr-defined]

    @classmethod
    def of(cls, improvement: Improvement, *, actor: Actor) -> ImprovementForm:
        initial: dict[str, Any] = {name: getattr(improvement, name) for name in improving.FACTS}
        initial |= {
            "theme": improvement.theme_id,
            "owner": improvement.owner_id,
            "due_on": improvement.due_on.isoformat() if improvement.due_on else "",
            "done_on": improvement.done_on.isoformat() if improvement.done_on else "",
            "units": [each.pk for each in improving.touched_units(improvement)],
            "segments": [each.pk for each in improving.touched_segments(improvement)],
            "revision": improvement.revision,
        }
        return cls(initial=initial, actor=actor)

    def facts(self) -> dict[str, Any]:
        found = {name: self.cleaned_data[name] for name in improving.FACTS}
        return {
            **found,
            "units": list(self.cleaned_data["units"]),
            "segments": list(self.cleaned_data["segments"]),
        }

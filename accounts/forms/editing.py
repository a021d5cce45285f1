"""Forms that edit a noun with a revision: a stale save keeps the text and says who was faster."""

from typing import Any, ClassVar

from django import forms

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.models.editable import Editable


class EditForm(forms.ModelForm):
    """Give it `action` (a name of the action table) and the usual Meta; call `save_edit`.

    The page draws the hidden field `revision`. After Stale, `accept_newer` lets the next save pass knowingly.
    """

    action: ClassVar[str] = "settings.edit"

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["revision"] = self.instance.revision

    def changed(self) -> list[str]:
        """The model fields that this save changes."""
        return [name for name in self.changed_data if name in (self._meta.fields or ())]

    def save_edit(self, *, by: Actor) -> list[str]:
        """Save what was changed and write the audit entry; returns the names. Raises Stale."""
        by.require(self.action)
        names = self.changed()
        if names:
            instance: Editable = self.instance
            instance.save_revision(
                self.cleaned_data["revision"], by=by, update_fields=self.saved_fields(names)
            )
            audit(self.action, instance, by=by, fields=names)
        return names

    def saved_fields(self, names: list[str]) -> list[str]:
        return names

    def accept_newer(self, revision: int) -> None:
        """Redraw with the text as typed and the revision as it is now."""
        self.data = {**self.data, self.add_prefix("revision"): str(revision)}

"""Forms over tenant models."""

from django import forms


class TenantModelForm(forms.ModelForm):
    """ModelForm that sees duplicates.

    The organization is in no form, so Django would leave it out of validation together with every unique
    constraint that contains it: all of ours. The save would then raise.
    """

    def _get_validation_exclusions(self) -> set[str]:
        exclude: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        exclude.discard("organization")
        return exclude

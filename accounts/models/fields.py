"""Field classes that more than one app needs."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

# BCP 47, as far as we use it: "en", "pt-BR", "zh-Hans".
LOCALE = re.compile(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")


class LocaleMap(models.JSONField):
    """One text in several languages: {"en": "Thank you", "de": "Danke"}; read it by accounts.locales.pick."""

    description = _("A text in several languages")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", dict)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if not isinstance(value, dict):
            raise ValidationError(_("Give one text per language."), code="not_a_map")
        for locale, text in value.items():
            if not isinstance(locale, str) or not LOCALE.match(locale):
                raise ValidationError(
                    _("“%(locale)s” is not a language code, such as en or pt-BR."),
                    params={"locale": locale},
                    code="locale",
                )
            if not isinstance(text, str):
                raise ValidationError(
                    _("The text for “%(locale)s” is not a text."), params={"locale": locale}, code="text"
                )

"""IANA time zones and ISO 4217 currencies: what may be chosen, and how it is checked."""

import zoneinfo
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# The active codes of ISO 4217 that are money one can be paid in (no funds, metals, test codes).
CURRENCIES = tuple(
    """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF
    CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD
    HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD
    LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK
    PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS
    TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG""".split()
)


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Every IANA zone a person would choose: places and UTC, without the old aliases at the top level."""
    names = zoneinfo.available_timezones()
    places = (
        name for name in names if "/" in name and not name.startswith(("Etc/", "SystemV/", "posix", "right"))
    )
    return ("UTC", *sorted(places))


def zone_choices() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in zone_names()]


def validate_zone(name: str) -> None:
    """Raise ValidationError unless `name` is a zone of the IANA database of this machine."""
    if name and name not in zoneinfo.available_timezones():
        raise ValidationError(
            _("“%(name)s” is not a time zone, such as Europe/London."), params={"name": name}, code="zone"
        )


def currency_choices() -> list[tuple[str, str]]:
    return [(code, code) for code in CURRENCIES]


def validate_currency(code: str) -> None:
    """Raise ValidationError unless `code` is a currency of ISO 4217."""
    if code not in CURRENCIES:
        raise ValidationError(
            _("“%(code)s” is not a currency, such as EUR."), params={"code": code}, code="currency"
        )

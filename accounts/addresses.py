"""Network addresses of visitors, as far as rate limits need them."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def visitor_address(request: HttpRequest) -> str:
    """The address of the visitor, believing exactly TRUSTED_PROXIES entries of X-Forwarded-For.

    With n trusted proxies the n-th entry from the right was written by the outermost of them; everything
    left of it is the visitor's own claim. With fewer entries than proxies, the connection's peer counts.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    hops = settings.TRUSTED_PROXIES
    if not hops:
        return peer
    told = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    return told[-hops] if len(told) >= hops else peer


def address_prefix(address: str) -> str:
    """What limits are counted by: /24 of IPv4, /56 of IPv6, so that one household cannot pose as many."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    bits = 24 if parsed.version == 4 else 56
    return str(ipaddress.ip_network((parsed, bits), strict=False).network_address)

"""The style guide with invented figures, the same that the design was drawn with."""

import re

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from accounts.door import public_page
from surveys.charts.forest import Group
from surveys.charts.funnel import Step
from surveys.charts.histogram import Histogram
from surveys.charts.parts import Part
from surveys.charts.span import Figure
from surveys.charts.story import Moment
from surveys.charts.trend import Mark, Point

TREND = [
    Point("Nov 25", 27, 20, 34, 431, year_before=24),
    Point("Dec", 21, 14, 28, 490, year_before=19),
    Point("Jan", 25, 17, 33, 392, year_before=22),
    Point("Feb", 25, 17, 33, 384, year_before=25),
    Point("Mar", 10, 3, 18, 413, year_before=27),
    Point("Apr", 8, 0, 16, 412, year_before=26),
    Point("May", 16, 8, 24, 416, year_before=25),
    Point("Jun", 27, 19, 35, 418, year_before=26),
    Point("Jul", 29, 22, 37, 415, year_before=28),
    Point("Aug", 31, 23, 38, 414, year_before=30),
    Point("Sep", 36, 29, 43, 417, year_before=29),
    Point("Oct", 36, 29, 44, 442, year_before=31),
    Point("Nov", 38, 30, 46, 345, finished=False, year_before=24),
]
SPANS = [
    (_("Enough"), Figure(37, 33, 41, 1204)),
    (_("Little"), Figure(30, 16, 44, 125)),
    (_("10 to 29: weak"), Figure(33, -2, 60, 21)),
    (_("Under 10: hidden"), Figure(None, n=0, hidden=True)),
    (_("Nobody answered"), Figure(None)),
]
GROUPS = [
    Group("Old Market", Figure(13, 5, 21, 346)),
    Group("Riverside", Figure(-6, -15, 3, 336)),
    Group("Lakeside", Figure(27, 17, 36, 271)),
    Group("Eastfield", Figure(33, -2, 60, 21)),
    Group("Harbour, the small one by the pier", Figure(None, hidden=True)),
    Group("Northgate", Figure(None)),
]
PARTS = [
    Part("Sent", 982),
    Part("Waiting", 447, "hatched"),
    Part("Skipped, with reason", 214, "pale"),
    Part("Failed", 17, "bad"),
    Part("Held out on purpose", 200, "dashed"),
]


class Specimen(forms.Form):
    business = forms.CharField(label=_("Your business"), help_text=_("As your customers know it."))
    email = forms.EmailField(label=_("Work e-mail"))
    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput)
    zone = forms.ChoiceField(label=_("Time zone"), choices=[("a", "Europe/London"), ("b", "Asia/Singapore")])
    words = forms.CharField(
        label=_("In your own words"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    channel = forms.ChoiceField(
        label=_("Channel"), choices=[("mail", _("E-mail")), ("sms", _("SMS"))], widget=forms.RadioSelect
    )
    agreed = forms.BooleanField(
        label=_("Ask again 30 days after closing"), help_text=_("Only if they did not say stop.")
    )
    table = forms.FileField(label=_("Customers"), help_text=_("CSV or XLSX, up to 50 MB."))


@public_page("design")
def guide(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "guide/guide.html",
        {
            "form": Specimen(initial={"business": "Harbour & Vale"}),
            "wrong": Specimen({"business": "Harbour & Vale", "email": "alice@harbourvale", "zone": "a"}),
            "trend": TREND,
            "notes": [Mark(4, "New till layout"), Mark(7, "Second queue in city stores")],
            "histogram": Histogram((18, 9, 14, 22, 27, 49, 75, 128, 203, 301, 358)),
            "nothing": Histogram((0,) * 11),
            "funnel": [
                Step("Invited", 4620),
                Step("Delivered", 4508, "112 bounced or refused"),
                Step("Opened the page", 1683),
                Step("Chose a score", 1204, "31 set aside as suspicious"),
                Step("Gave a reason", 812),
            ],
            "groups": GROUPS,
            "spans": SPANS,
            "parts": PARTS,
            "moments": [Moment("Sep 24", 8), Moment("Jun 25", 9), Moment("Mar 26", 9), Moment("Nov 26", 3)],
            "icons": re.findall(r'id="([^"]+)"', (settings.BASE_DIR / "static" / "icons.svg").read_text()),
            "page": Paginator(range(1860), 8).page(2),
            "dark": request.GET.get("theme") == "dark",
            "grey": "grey" in request.GET,
        },
    )


@public_page("design")
def trouble(request: HttpRequest, kind: str) -> HttpResponse:
    """The pages of trouble, to look at without the trouble."""
    if kind not in ("400", "403", "403_csrf", "404", "500"):
        raise Http404
    return render(request, f"{kind}.html")

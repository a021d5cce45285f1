"""What customers asked for on the page of their data: the queue, and saying what became of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.door import member_page
from accounts.toasts import toast
from segments import my_data
from segments.models import Customer, DataRequest

SHOWN = 100


@member_page("customer.edit")
def data_request_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Open ones first, the most urgent on top; then what was done lately, by whom and when."""
    seen = DataRequest.objects.all().visible_to(request.actor).select_related("decided_by")
    waiting = list(seen.open().order_by("due_at", "id")[:SHOWN])
    others = list(seen.exclude(state=DataRequest.State.OPEN).order_by("-asked_at", "-id")[:SHOWN])
    names = Customer.objects.in_bulk([one.customer_id for one in (*waiting, *others)])
    now = timezone.now()
    told = {
        "waiting": [(one, names.get(one.customer_id), one.is_late(now)) for one in waiting],
        "others": [(one, names.get(one.customer_id)) for one in others],
    }
    return render(request, "segments/data_requests.html", told)


@require_POST
@member_page("customer.edit")
def data_request_decide(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    found = get_object_or_404(DataRequest.objects.all().visible_to(request.actor), pk=pk)
    try:
        my_data.decide(
            found,
            done=request.POST.get("outcome") == "done",
            reply=request.POST.get("reply", ""),
            by=request.actor,
        )
    except my_data.NotDone as fault:
        toast(request, str(fault))
    else:
        toast(request, _("The customer reads it on the page of their data."))
    return redirect("data_request_list", slug)

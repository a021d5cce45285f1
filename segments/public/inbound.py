"""Where other software sends: a POST with a body of JSON to an address of its own."""

from django.http import Http404, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.door import PublicRequest, public_page
from accounts.rates import count
from accounts.tokens import Claim
from segments import receiving
from segments.models import InboundDelivery, InboundWebhook

# A minute, per address.
MOST = 600


@csrf_exempt
@public_page("what other software tells", token=receiving.PURPOSE)
def inbound(request: PublicRequest, claim: Claim) -> HttpResponse:
    """200 recorded or known, 202 kept with the reason on the page, 401 a wrong signature, 413 too large."""
    webhook = InboundWebhook.objects.present().filter(pk=claim.object_id, generation=claim.generation).first()
    if webhook is None:
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    used, reset = count(f"inbound:{claim.organization_id}:{webhook.pk}", 60)
    if used > MOST:
        return JsonResponse({"outcome": "later"}, status=429, headers={"Retry-After": str(reset)})
    if len(request.body) > receiving.LARGEST:
        return JsonResponse({"outcome": "too large"}, status=413)
    delivery = receiving.receive(webhook, request.body, request.headers)
    if delivery is None:
        return JsonResponse({"outcome": "wrong signature"}, status=401)
    taken = delivery.outcome == InboundDelivery.Outcome.RECORDED
    told = {"outcome": delivery.outcome, "path": delivery.path, "message": delivery.message}
    return JsonResponse(told, status=200 if taken else 202)

"""The link that proves a sender's address: GET asks, POST confirms."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.door import public_page
from accounts.tokens import Claim
from outreach import verifying
from outreach.models import Sender


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@public_page("sender", token="sender")
def sender_proof(request: HttpRequest, claim: Claim) -> HttpResponse:
    """Whoever reads the mailbox says whether the business may send from it."""
    sender = Sender.objects.filter(pk=claim.object_id, revision=claim.generation).first()
    if sender is None:
        raise Http404
    if request.method == "POST":
        sender = verifying.verify(sender)
    return render(request, "outreach/public/sender_proof.html", {"sender": sender})

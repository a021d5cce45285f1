"""REST: you said, we did."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api.base import ApiView
from accounts.api.ids import find
from accounts.api.problems import Problem
from outreach import telling_back
from outreach.api.campaigns import CampaignOut
from outreach.telling_back import NothingToTell
from surveys.models import Improvement


class NoteView(ApiView):
    """A campaign in draft to those who raised what was improved; the one that waits already, if there is one."""

    actions = {"POST": "campaign.edit"}

    @extend_schema(request=None, responses={201: CampaignOut}, operation_id="improvements_note")
    def post(self, request: Any, id: str) -> Response:
        improvement = find(Improvement.objects.visible_to(self.actor).present(), "improvement", id)
        try:
            campaign = telling_back.prepare(improvement, by=self.actor)
        except NothingToTell as error:
            raise Problem("refused", 422, str(error)) from None
        return Response(CampaignOut(campaign).data, status=201)

"""Pictures that the public sees: a business's logo on its surveys and in its mails."""

from django.http import FileResponse, Http404

from accounts.door import PublicRequest, public_page
from accounts.models.stored_file import StoredFile
from accounts.tokens import Claim
from accounts.views.files import serve


@public_page("file", token="file")
def public_file(request: PublicRequest, claim: Claim) -> FileResponse:
    """The address is made of key and id, so it can neither be guessed nor counted through."""
    file = StoredFile.objects.filter(pk=claim.object_id, purpose=StoredFile.Purpose.LOGO).first()
    if file is None:
        raise Http404
    return serve(file, cache="public, max-age=31536000, immutable")

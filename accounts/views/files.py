"""Files, for members; whoever is not a member gets a missing page."""

from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404

from accounts.door import MemberRequest, member_page
from accounts.models.stored_file import StoredFile

# What a browser may draw in the page; everything else is offered for saving.
DRAWN = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})


def serve(file: StoredFile, *, cache: str = "private, no-store") -> FileResponse:
    """The bytes of a file, never sniffed, never run. Raises Http404 if the storage lost them."""
    try:
        content = default_storage.open(file.key)
    except FileNotFoundError:
        raise Http404 from None
    headers: dict[str, Any] = {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": cache,
    }
    drawn = file.content_type in DRAWN
    return FileResponse(
        content,
        as_attachment=not drawn,
        filename=file.name or file.key.rsplit("/", 1)[-1],
        content_type=file.content_type if drawn else "application/octet-stream",
        headers=headers,
    )


@member_page("file.view")
def file_detail(request: MemberRequest, slug: str, file_id: int) -> FileResponse:
    """Pictures are for all members; imports and exports hold customers and are served by their own pages."""
    return serve(get_object_or_404(StoredFile.objects.filter(purpose=StoredFile.Purpose.LOGO), pk=file_id))

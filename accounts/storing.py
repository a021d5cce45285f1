"""Files of an organization: kept under a random key, images re-encoded, removed with their row."""

import io
from dataclasses import dataclass
from functools import partial

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from accounts.acting import Actor
from accounts.models.stored_file import StoredFile, new_key

MOST_BYTES = 2 * 1024 * 1024
MOST_PIXELS = 20_000_000
READ = ("PNG", "JPEG", "WEBP", "GIF")


class FileRefused(Exception):
    """The file cannot be kept; the sentence says why."""


@dataclass(frozen=True)
class Picture:
    """A picture drawn anew: nothing of the uploaded bytes is left, no place, no camera, no script."""

    content: bytes
    width: int
    height: int


def redraw(upload: UploadedFile, *, most_width: int = 640, most_height: int = 320) -> Picture:
    """Read an uploaded picture and draw it anew as PNG, at most of that size. Raises FileRefused."""
    if (upload.size or 0) > MOST_BYTES:
        raise FileRefused(_("The picture is larger than 2 MB."))
    try:
        image = Image.open(upload, formats=READ)
        if image.width * image.height > MOST_PIXELS:
            raise FileRefused(_("The picture has more than 20 million points."))
        image.load()
        drawn = image.convert("RGBA")
        drawn.thumbnail((most_width, most_height))
        content = io.BytesIO()
        drawn.save(content, "PNG", optimize=True)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise FileRefused(_("This is not a picture we can read: PNG, JPEG, WebP or GIF.")) from None
    return Picture(content.getvalue(), drawn.width, drawn.height)


def store_picture(upload: UploadedFile, *, purpose: str, by: Actor) -> StoredFile:
    """Keep an uploaded picture, redrawn. Raises FileRefused."""
    picture = redraw(upload)
    return store_bytes(
        picture.content,
        name=(upload.name or "")[:200],
        content_type="image/png",
        purpose=purpose,
        by=by,
        ending=".png",
        width=picture.width,
        height=picture.height,
    )


def store_bytes(
    content: bytes,
    *,
    name: str,
    content_type: str,
    purpose: str,
    by: Actor,
    ending: str = "",
    width: int | None = None,
    height: int | None = None,
) -> StoredFile:
    """Keep bytes under a new random key of the acting organization."""
    key = default_storage.save(new_key(by.organization.pk, ending), ContentFile(content))
    return StoredFile.objects.create(
        key=key,
        name=name,
        purpose=purpose,
        content_type=content_type,
        size=len(content),
        width=width,
        height=height,
        created_by_id=by.user_id,
    )


def discard(file: StoredFile) -> None:
    """Remove the row now and the bytes once that is committed."""
    key = file.key
    file.delete()
    transaction.on_commit(partial(default_storage.delete, key))

"""One style sheet and one script for every page, joined from the small files of static/css and static/js.

A finder of staticfiles: `{% static 'css/loopwell.css' %}` works in a checkout and after collectstatic alike,
and nothing made by a machine is committed.
"""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

STATIC = Path(settings.BASE_DIR) / "static"


def style_files() -> list[Path]:
    """Tokens first (they name the layers), then the frame, then components by name."""
    head = [STATIC / "css" / f"{name}.css" for name in ("tokens", "base", "layout")]
    return [*head, *sorted((STATIC / "css" / "components").glob("*.css")), STATIC / "css" / "utilities.css"]


def script_files() -> list[Path]:
    return [STATIC / "vendor" / "htmx" / "htmx.min.js", *sorted((STATIC / "js").glob("*.js"))]


BUNDLES = {"css/loopwell.css": style_files, "js/loopwell.js": script_files}


class BundleFinder(BaseFinder):
    """Writes a bundle anew when one of its parts is newer; two processes may do so at once."""

    def __init__(self, app_names: Iterable[str] | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.folder = Path(settings.DATA_DIR) / "bundles"
        self.storage = FileSystemStorage(location=str(self.folder))

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    # Django's own finders answer [] for a file they have not; the stubs say None.
    def find(  # type: ignore[override]
        self, path: str, find_all: bool = False, **kwargs: Any
    ) -> str | list[str]:
        if path not in BUNDLES:
            return []
        found = str(self._fresh(path))
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        for path in BUNDLES:
            self._fresh(path)
            yield path, self.storage

    def _fresh(self, path: str) -> Path:
        parts, target = BUNDLES[path](), self.folder / path
        newest = max(part.stat().st_mtime_ns for part in parts)
        if not target.exists() or target.stat().st_mtime_ns < newest:
            target.parent.mkdir(parents=True, exist_ok=True)
            joined = "\n".join(part.read_text(encoding="utf-8") for part in parts)
            with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False, encoding="utf-8") as draft:
                draft.write(joined)
            Path(draft.name).chmod(0o644)
            Path(draft.name).replace(target)
        return target

"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_pages = get_wsgi_application()

from config.quick import Quick  # noqa: E402  (it reads settings and models, which stand now)

application = Quick(_pages)

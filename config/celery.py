"""The Celery application: tasks are doorbells, rows are the queue (docs/engine.md)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("loopwell")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

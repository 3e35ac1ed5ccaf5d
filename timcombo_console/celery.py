"""The Celery app. Messages are nudges only: the rows in `runs` decide what is due.

Acknowledged early, prefetch 1, results ignored, JSON, ids only; a lost, doubled or late message changes nothing.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "timcombo_console.settings")

app = Celery("timcombo_console")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

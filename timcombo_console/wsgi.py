"""The web server's way in."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from timcombo_console.chunks import reading_chunks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "timcombo_console.settings")

application = reading_chunks(get_wsgi_application())

# Every page is imported before the first request, and what is there by then is never looked at again by the garbage
# collector: a full collection, for which the unlucky request waits, takes 17 ms instead of 102.
get_resolver().url_patterns  # noqa: B018
gc.collect()
gc.freeze()

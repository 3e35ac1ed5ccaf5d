"""The web server's way in."""

import os

from django.core.wsgi import get_wsgi_application

from timcombo_console.chunks import reading_chunks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "timcombo_console.settings")

application = reading_chunks(get_wsgi_application())

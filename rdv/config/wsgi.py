"""The door of the web processes (gunicorn rdv.config.wsgi)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rdv.config.settings.prod")
application = get_wsgi_application()

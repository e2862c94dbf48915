"""The door of the web processes (gunicorn rdv.config.wsgi)."""

import os

from django.core.wsgi import get_wsgi_application

from rdv.config.proxy import BehindProxies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rdv.config.settings.prod")
application = BehindProxies(get_wsgi_application(), hops=int(os.environ.get("PROXY_HOPS", "0")))

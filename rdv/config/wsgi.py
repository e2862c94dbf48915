"""The door of the web processes (gunicorn rdv.config.wsgi).

Everything is loaded here, then set apart from what the collector of garbage walks: else a page in fifty pays 100 ms for
a look at the whole program. The first visitor does not wait for the URLs either.
"""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from rdv.config.proxy import BehindProxies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rdv.config.settings.prod")
application = BehindProxies(get_wsgi_application(), hops=int(os.environ.get("PROXY_HOPS", "0")))
_ = get_resolver().url_patterns  # reading them imports every view
gc.collect()
gc.freeze()

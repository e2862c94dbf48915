"""`make demo` and development: everything on loopback, messages kept on the local "boîte d'envoi" page."""

from rdv.config.settings.base import *  # noqa: F403 - settings inherit by star import, Django's own idiom
from rdv.config.settings.base import env

DEBUG = False
SECRET_KEY = env("SECRET_KEY", default="dev-only-not-secret-dev-only-not-secret-dev-only-0123456789")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
HELP_PHONE = env("HELP_PHONE", default="+33353012000")
OUTBOX_PAGE = env.bool("OUTBOX_PAGE", default=True)
# The demo serves files straight from static/, compressed by nothing: no collectstatic step to forget.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = env.bool("WHITENOISE_AUTOREFRESH", default=False)

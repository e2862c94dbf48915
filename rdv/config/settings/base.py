"""What every environment shares. Imported by dev, test and prod only."""

from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF

from rdv.config.celery import app as celery_app  # noqa: F401 - wherever settings are read, tasks find this application

env = environ.Env()
ROOT = Path(__file__).resolve().parents[3]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "csp",
    "phonenumber_field",
    "anymail",
    "notifications.apps.NotificationsConfig",
    "agents.apps.AgentsConfig",
    "usagers.apps.UsagersConfig",
    "rdv.apps.RdvConfig",
]

MIDDLEWARE = [
    "rdv.core.http.RequestIdMiddleware",
    "rdv.core.http.DatabaseAwayMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "rdv.core.http.WrongMethodMiddleware",
]

ROOT_URLCONF = "rdv.config.urls"
WSGI_APPLICATION = "rdv.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "rdv.views.context.shell",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {"default": env.db_url("DATABASE_URL", default="postgres://postgres@127.0.0.1:5432/rdv")}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# PgBouncer in transaction mode keeps no session: no server-side cursors outside a transaction, nothing prepared.
PGBOUNCER = env.bool("PGBOUNCER", default=False)
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = PGBOUNCER
# Only what goes through rdv.core.db.prepared_cursor: planned for good after so many askings in one connection.
DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = None if PGBOUNCER else 3
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "rdv.core.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 0.5},
        "KEY_PREFIX": "rdv",
    }
}
# Sessions live in the database: a broker that is down never signs anybody out.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "rdv.views.errors.csrf_failure"

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "messages"
CELERY_TASK_ROUTES = {
    "notifications.tasks.deliver_urgent": {"queue": "codes"},
    "notifications.tasks.*": {"queue": "messages"},
    "rdv.tasks.make_export": {"queue": "exports"},
    "rdv.tasks.*": {"queue": "planning"},
    "usagers.tasks.*": {"queue": "planning"},
    "agents.tasks.*": {"queue": "planning"},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_timeout": 2,
    "socket_connect_timeout": 1,
    "queue_order_strategy": "priority",
    # Kombu opens its connection again and again for 6 s by itself, whatever PUBLISH_RETRY says.
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
# A request never waits for the broker: publishing gives up at once, the sweep takes over (messages.md).
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "UTC"

AUTH_USER_MODEL = "agents.Agent"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "agents.backends.AgentBackend"]
LOGIN_URL = "agents:sign_in"
LOGIN_REDIRECT_URL = "rdv:agent_home"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
OTP_TOTP_ISSUER = "Rendez-vous MDS"
OTP_TOTP_THROTTLE_FACTOR = 1
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_LOCKOUT_CALLABLE = "agents.views.sign_in.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "email"]
AXES_DISABLE_ACCESS_LOG = True  # comings and goings are in the journal, which knows how long to keep them

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
PHONENUMBER_DEFAULT_REGION = "FR"
PHONENUMBER_DB_FORMAT = "E164"

STATIC_URL = "static/"
STATIC_ROOT = ROOT / "staticfiles"
STATICFILES_DIRS = [ROOT / "static"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# What links in messages are made from (rdv.core.links); SECRET_KEY when empty, refused in production.
LINK_SECRET = env("LINK_SECRET", default="")
# Where the platform answers: links in messages start here.
BASE_URL = env("BASE_URL", default="http://127.0.0.1:8000")

# Said on pages where no département is known yet (sign-in, errors): E.164, for example +33353012000.
HELP_PHONE = env("HELP_PHONE", default="")

# Where prepared files wait for whoever asked for them: read by the web, written by the workers, shown by no server.
EXPORT_DIR = env("EXPORT_DIR", default=str(ROOT / ".exports"))

# Channels (notifications/channels): "outbox" keeps everything on the local page; nothing leaves the machine.
SMS_CHANNEL = env("SMS_CHANNEL", default="outbox")
EMAIL_CHANNEL = env("EMAIL_CHANNEL", default="outbox")
OUTBOX_PAGE = env.bool("OUTBOX_PAGE", default=False)
TWILIO_ACCOUNT_SID = env("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env("TWILIO_AUTH_TOKEN", default="")
TWILIO_MESSAGING_SERVICE_SID = env("TWILIO_MESSAGING_SERVICE_SID", default="")
TWILIO_API_BASE = env("TWILIO_API_BASE", default="")
# The sender is a number that people can answer (an alphanumeric sender cannot): reminders then say OUI, NON, offers
# OUI, NON, STOP, other dates 1, 2, 3.
SMS_CAN_BE_ANSWERED = env.bool("SMS_CAN_BE_ANSWERED", default=False)
EMAIL_BACKEND = env("EMAIL_BACKEND", default="django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = env("EMAIL_HOST", default="127.0.0.1")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="rendez-vous@example.org")
ANYMAIL: dict[str, str] = env.json("ANYMAIL", default={})
ANYMAIL_WEBHOOK_SECRET = env("ANYMAIL_WEBHOOK_SECRET", default="")
if ANYMAIL_WEBHOOK_SECRET:
    ANYMAIL = {**ANYMAIL, "WEBHOOK_SECRET": ANYMAIL_WEBHOOK_SECRET}

SENTRY_DSN = env("SENTRY_DSN", default="")
TEST_RUNNER = "django.test.runner.DiscoverRunner"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "rdv.core.logs.RequestIdFilter"}},
    "formatters": {"json": {"()": "rdv.core.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["request_id"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"axes": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}

"""Settings, read once from the environment. `docs/OPERATIONS.md` lists every variable.

A production process that lacks one stops at once with a sentence that names it.
"""

import os
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from timcombo_console.logs import configure_logging

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def required(name: str, what: str) -> str:
    """The variable `name`, or ImproperlyConfigured saying what it is for."""
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. It is {what}. `./console up` sets it on a laptop; see docs/OPERATIONS.md."
        )
    return value


def named(prefix: str) -> dict[str, str]:
    """The values of all variables whose names begin with `prefix`, by the rest of the name."""
    return {name.removeprefix(prefix): value for name, value in os.environ.items() if name.startswith(prefix)}


CONSOLE_VAR = Path(env.str("CONSOLE_VAR", default=str(BASE_DIR / "var")))
CONSOLE_SPOOL = Path(env.str("CONSOLE_SPOOL", default=str(CONSOLE_VAR / "spool")))
CONSOLE_AWS = env.str("CONSOLE_AWS", default="live")
CONSOLE_EDGE = env.str("CONSOLE_EDGE", default="")
CONSOLE_DNS = env.str("CONSOLE_DNS", default="")
CONSOLE_AWS_PROFILE = env.str("CONSOLE_AWS_PROFILE", default="")
CONSOLE_DEMO_EPOCH = env.int("CONSOLE_DEMO_EPOCH", default=0)
CONSOLE_DEMO_BEGAN_AGAIN = env.bool("CONSOLE_DEMO_BEGAN_AGAIN", default=False)
CONSOLE_METRICS_TOKEN = env.str("CONSOLE_METRICS_TOKEN", default="")
CONSOLE_WORKER_PRINCIPAL = env.str("CONSOLE_WORKER_PRINCIPAL", default="")
CONSOLE_DEMO_INBOX = env.str("CONSOLE_DEMO_INBOX", default="")
DEMO = CONSOLE_AWS == "emulated"

if CONSOLE_AWS not in {"live", "emulated"}:
    raise ImproperlyConfigured(f"CONSOLE_AWS is {CONSOLE_AWS!r}. It is either 'live' or 'emulated'.")
if CONSOLE_EDGE and not DEMO:
    raise ImproperlyConfigured(
        "CONSOLE_EDGE is only for the emulated cloud. Unset it, or set CONSOLE_AWS=emulated."
    )

DEBUG = env.bool("CONSOLE_DEBUG", default=False)
SECRET_KEY = required("CONSOLE_SECRET_KEY", "a long random text that signs sessions")
ALLOWED_HOSTS = env.list("CONSOLE_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CONSOLE_PUBLIC_URL = env.str("CONSOLE_PUBLIC_URL", default="")
CSRF_TRUSTED_ORIGINS = [CONSOLE_PUBLIC_URL] if CONSOLE_PUBLIC_URL else []
CONSOLE_HTTPS = env.bool("CONSOLE_HTTPS", default=not DEMO)

INSTALLED_APPS = [
    # Before `users`, which takes its groups out of the admin site.
    "django.contrib.auth",
    "timcombo_console.apps.ConsoleConfig",
    "deployments",
    "dns",
    "monitoring",
    "notifications",
    "products",
    "provisioning",
    "runs",
    "users",
    "audit",
    "axes",
    "csp",
    "django_htmx",
    "django.contrib.admin",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "users.middleware.NulMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "audit.middleware.OriginMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "users.middleware.RefusalMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "timcombo_console.urls"
WSGI_APPLICATION = "timcombo_console.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "timcombo_console.context.console",
            ],
            "builtins": ["timcombo_console.templatetags.console"],
        },
    },
]

required("DATABASE_URL", "the PostgreSQL database, postgres://user:password@host/name")
DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# A database host that vanishes is noticed well before a lease ends.
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    **DATABASES["default"].get("OPTIONS", {}),
}
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", default="")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CONSOLE_WAVE_SECONDS = env.float("CONSOLE_WAVE_SECONDS", default=120.0)
"""How long the errors of a wave of handlers are watched before the next one. AWS: metrics come a minute late."""

CONSOLE_LAMBDA_SHARE = env.float("CONSOLE_LAMBDA_SHARE", default=1.0)
"""How much of AWS's limits for Lambda in an account and Region the console takes; the rest is left to other callers."""

if CONSOLE_LAMBDA_SHARE < 0.1 or (CONSOLE_LAMBDA_SHARE > 1 and not DEMO):
    raise ImproperlyConfigured(
        f"CONSOLE_LAMBDA_SHARE is {CONSOLE_LAMBDA_SHARE:g}. AWS's limits for Lambda are shared by all callers in an "
        "account and Region and cannot be raised: set 1 to take all of them, or less, down to 0.1, to leave room."
    )

CONSOLE_SETTLED_SECONDS = env.float("CONSOLE_SETTLED_SECONDS", default=40.0)
"""How long after the end of a period its numbers are asked for. AWS: they come a little late."""

CONSOLE_TRUTH_SECONDS = env.float("CONSOLE_TRUTH_SECONDS", default=300.0)
"""How often each environment is looked at as visitors and its bucket see it."""

CONSOLE_METRICS_CAP = env.float("CONSOLE_METRICS_CAP", default=50.0)
"""Dollars a month that asking CloudWatch may cost; then numbers stand still until the month ends."""

REDIS_URL = required("REDIS_URL", "the Redis or Valkey broker, redis://host:6379/0 or redis+socket:///path")
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
    "max_retries": 0,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TASK_DEFAULT_QUEUE = "runs"
CELERY_TASK_ROUTES = {"runs.tasks.wake": {"queue": "wake"}}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "wake": {"task": "runs.tasks.wake", "schedule": 1.0, "options": {"expires": 10, "queue": "wake"}},
}

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "matrix"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
AXES_LOCKOUT_CALLABLE = "users.session_views.locked_out"
AXES_CLIENT_IP_CALLABLE = "audit.origin.address_of"

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CONSOLE_HTTPS
CSRF_COOKIE_SECURE = CONSOLE_HTTPS
SECURE_SSL_REDIRECT = CONSOLE_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if CONSOLE_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = CONSOLE_HTTPS
SECURE_HSTS_PRELOAD = CONSOLE_HTTPS
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("CONSOLE_BEHIND_PROXY", default=False) else None
)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
# Bytes of a request with files: a zip of 200 MB for each of six targets, and their envelope.
LARGEST_UPLOAD = 1_300 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["users.uploads.SignedInUploadHandler"]

CONSOLE_EMAIL = bool(env.str("EMAIL_URL", default=""))
if CONSOLE_EMAIL:
    vars().update(env.email_url("EMAIL_URL"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("CONSOLE_MAIL_FROM", default="console@localhost")
# Rows hold the ends of these names, and only workers need the values. Django hides settings that are called secrets.
CONSOLE_CHAT_SECRETS = named("CONSOLE_CHAT_")
CONSOLE_WEBHOOK_SECRETS = named("CONSOLE_WEBHOOK_SECRET_")

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("CONSOLE_STATIC", default=str(CONSOLE_VAR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "timcombo_console.staticfiles.NodeFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "timcombo_console.staticfiles." + ("VersionedStorage" if DEMO else "HashedStorage")
    },
}
FORM_RENDERER = "timcombo_console.forms.ConsoleRenderer"
WHITENOISE_USE_FINDERS = DEMO
WHITENOISE_MAX_AGE = 3600

LOGGING_CONFIG = None
configure_logging(env.str("CONSOLE_LOG_LEVEL", default="INFO"))

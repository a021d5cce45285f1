"""Settings, typed, from the environment. `./run` sets what a trial needs; production sets its own.

docs/operating.md lists every variable. Whatever has no safe default has none: without it the process stops.
"""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from config import logs, sockets

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# A trial runs on one machine for one person: no TLS, mails end in the mailbox page. All else is production.
TRIAL = env.bool("LOOPWELL_TRIAL", default=False)
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
# Version -> secret of the derived tokens (accounts/tokens.py): "1=first,2=second"; the highest makes new ones.
TOKEN_KEYS = env.dict("TOKEN_KEYS", default={}) or {"1": SECRET_KEY}
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

BASE_URL = env.str("BASE_URL", default="http://127.0.0.1:8000" if TRIAL else environ.Env.NOTSET).rstrip("/")
_base = urlsplit(BASE_URL)
HTTPS = _base.scheme == "https"
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if TRIAL else [_base.hostname or ""]
)
CSRF_TRUSTED_ORIGINS = [BASE_URL]

# Where files, logs and the local mailbox are kept.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))

# host:port pairs that safe_fetch may reach although they are private: for tests against local servers only.
OUTGOING_TEST_HOSTS = env.list("OUTGOING_TEST_HOSTS", default=[])
# Where the vendors of connections are reached; {account} is the part that the business enters.
CONNECTOR_ADDRESSES = {
    "hubspot": "https://api.hubapi.com",
    "salesforce": "https://{account}.my.salesforce.com",
    "zendesk": "https://{account}.zendesk.com",
    **env.dict("CONNECTOR_ADDRESSES", default={}),
}
# The folder of the local SMTP receiver whose mails /mailbox shows; empty where mail really leaves.
LOCAL_MAILBOX = env.str("LOCAL_MAILBOX", default="")
# How many proxies in front of the web processes write X-Forwarded-For; 0 = none is believed.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

if not TRIAL:
    if DEBUG:
        raise ImproperlyConfigured("DEBUG shows the insides of the program to strangers: unset it.")
    if OUTGOING_TEST_HOSTS:
        raise ImproperlyConfigured("OUTGOING_TEST_HOSTS opens private addresses: for tests only, unset it.")
    if LOCAL_MAILBOX:
        raise ImproperlyConfigured("LOCAL_MAILBOX shows everybody's mail: it is for trials only, unset it.")
    if env.str("LOOPWELL_FAULT_RIG", default=""):
        raise ImproperlyConfigured("LOOPWELL_FAULT_RIG lets processes be killed on purpose: unset it.")
    if not env.str("EMAIL_URL", default=""):
        raise ImproperlyConfigured("EMAIL_URL is missing: without it no mail can leave (docs/operating.md).")

INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "outreach",
    "surveys",
    "segments",
    "accounts",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
]

MIDDLEWARE = [
    "config.headers.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.Door",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.headers.csp_nonce",
                "accounts.navigation.navigation",
                "outreach.bell.bell",
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "accounts.templatetags.loopwell",
            ],
        },
    }
]
COTTON_DIR = "components"

_database = env.db("DATABASE_URL")
DATABASES = {
    "default": {
        **_database,
        # A socket directory is written %2Fpath%2Fto%2Fit in an address.
        "HOST": unquote(_database["HOST"]),
        "ENGINE": "accounts.tenancy.backend",
        "ATOMIC_REQUESTS": True,
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=600),
        "CONN_HEALTH_CHECKS": True,
        # Seconds. A page says so when the database is gone; it does not wait for it.
        "OPTIONS": {"connect_timeout": 5, **_database.get("OPTIONS", {})},
    }
}
# The owner of the tables, for migrate, test databases and backups only (docs/tenancy.md).
OPERATOR_DATABASE_URL = env.str("OPERATOR_DATABASE_URL", default="")
# Off behind a pooler that gives each transaction another session: statements of the engine are not prepared then.
DATABASE_PREPARES = env.bool("DATABASE_PREPARES", default=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
]
LOGIN_URL = "/log-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/log-in/"

# Log-in by e-mail address; answers never tell whether an address is known (docs/decisions).
ACCOUNT_ADAPTER = "accounts.signing_up.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {
    "signup": "accounts.forms.signing.SignUpForm",
    "login": "accounts.forms.signing.LogInForm",
    "reset_password": "accounts.forms.signing.ResetForm",
    "reset_password_from_key": "accounts.forms.signing.NewPasswordForm",
    "change_password": "accounts.forms.signing.ChangePasswordForm",
}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 3
ACCOUNT_EMAIL_NOTIFICATIONS = True
# "ip" is the address prefix that Adapter.get_client_ip gives; "key" is the account tried.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "20/m/ip",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "confirm_email": "1/3m/key",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "reauthenticate": "10/m/user",
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.authentication.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "accounts.api.problems.answer_problem",
    "DEFAULT_SCHEMA_CLASS": "accounts.api.schema.Schema",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
# Requests a minute that one key may make.
API_RATE_PER_MINUTE = env.int("API_RATE_PER_MINUTE", default=600)
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "Loopwell",
    "DESCRIPTION": "Customers, segments, surveys, answers and follow-up of one organization.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # Fields of one name with different choices, each set under a name of its own.
    "ENUM_NAME_OVERRIDES": {
        "AttributeKind": "segments.models.attribute.AttributeKind",
        "DataRequestKind": "segments.models.data_request.DataRequest.Kind",
        "Mode": "accounts.models.mode.Mode",
        "KeyMode": ["live", "test"],
        "MessageClass": "outreach.models.send_key.MessageClass",
        "TemplateClass": ["relationship", "marketing"],
        "MemberInvitationState": ["waiting", "expired", "accepted", "revoked"],
        "SurveyState": "surveys.models.survey.Survey.State",
        "DistributionState": "surveys.models.distribution.Distribution.State",
        "ResponseState": "surveys.models.response.Response.State",
        "CampaignState": "outreach.models.campaign.Campaign.State",
        "ImprovementState": "surveys.models.improvement.Improvement.State",
        "CaseState": "outreach.models.case.Case.State",
        "ThemeState": ["open", "working", "done"],
        "ConnectionState": ["trying", "working", "waiting", "paused", "ended"],
        "StayReason": "segments.models.membership.Reason",
        "InvitationOutcome": "surveys.models.invitation.Invitation.Outcome",
        "Verdict": ["real", "small", "unknown"],
        "ComparisonVerdict": ["real", "small", "unknown", "few", "same", "nobody"],
        "EventOutcome": ["recorded", "known", "refused"],
        "DataRequestOutcome": ["done", "refused"],
    },
    "SERVERS": [{"url": BASE_URL}],
}

# Sessions are rows, so that changing a password ends them everywhere at once.
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "loopwell_session"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "loopwell_csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True

SECURE_SSL_REDIRECT = HTTPS and env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REDIRECT_EXEMPT = [r"^health$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=365 * 24 * 3600) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
# Not "no-referrer": browsers would then post forms with "Origin: null", which the CSRF check refuses.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# smtp://user:password@host:port, smtp+tls:// or smtp+ssl://. Without one a bare trial sends nothing.
vars().update(env.email("EMAIL_URL", default="dummymail://" if TRIAL else environ.Env.NOTSET))
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=10)
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default=f"Loopwell <loopwell@{_base.hostname if HTTPS else 'loopwell.example'}>"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Off: nothing is sent for anybody, everything waits. A restored backup starts with it off.
SENDING = env.bool("SENDING", default=True)
# The domain that bounces come back to; empty: the domain of each sender.
BOUNCE_DOMAIN = env.str("BOUNCE_DOMAIN", default="")
# What we call ourselves to a mail server.
MAIL_GREETING = env.str("MAIL_GREETING", default=_base.hostname or "localhost")

BROKER_URL = env.str("BROKER_URL", default="")
CELERY_BROKER_URL = BROKER_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A hint is worth two seconds of a request, no more: the engine finds the work without it.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    "unacked_restore_throttle": 1,
    # Else kombu tries for six seconds, inside the request that rings.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 600
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
# Only where somebody starts a beat instead of `manage.py engine`; any number of beats is harmless.
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "outreach.sweep", "schedule": 1.0, "options": {"expires": 5}},
    "make months": {"task": "outreach.make_months", "schedule": 3600.0, "options": {"expires": 600}},
    "tidy": {"task": "outreach.tidy", "schedule": 3600.0, "options": {"expires": 600}},
}

# Counters of rate limits, shared by all processes; nothing is kept here that must not be lost.
CACHES = {
    "default": {
        "BACKEND": "config.caching.ForgivingRedisCache",
        "LOCATION": BROKER_URL,
        "KEY_PREFIX": "loopwell-cache",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
    if BROKER_URL.startswith(("redis://", "rediss://", "unix://"))
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["config.formats"]

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Not those of the libraries: no page of theirs is served.
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "config.bundling.BundleFinder",
]
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
# Hashed names and compressed twins where collectstatic has run; the plain files elsewhere.
COLLECTED_STATIC = env.bool("COLLECTED_STATIC", default=not TRIAL)
WHITENOISE_USE_FINDERS = not COLLECTED_STATIC
WHITENOISE_AUTOREFRESH = not COLLECTED_STATIC
STORAGES = {
    # Private: keys are organization/random, and only a view with permission serves them.
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(DATA_DIR / "files"), "base_url": None, "file_permissions_mode": 0o600},
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if COLLECTED_STATIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

LOGGING_CONFIG = None
logs.configure(
    level=env.str("LOG_LEVEL", default="INFO"),
    form=env.str("LOG_FORMAT", default="text" if TRIAL else "json"),
)

SOCKETS = tuple(name for name in vars(sockets) if name.isupper())
globals().update({name: getattr(sockets, name) for name in SOCKETS})

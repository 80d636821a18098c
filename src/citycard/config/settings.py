"""Django's settings, all from the environment (see `environment.py` for every variable)."""

import os
import sys
from pathlib import Path

from csp.constants import NONCE, NONE, SELF

from citycard.config import apps, environment, limits
from citycard.config.databases import application_url, django_database, owner_url
from citycard.infra.packs.finding import current_code
from citycard.infra.postgres.place import place_of

BASE_DIR = Path(__file__).resolve().parent

# -- which city, and whether it is a real one ---------------------------------------------------

CITYCARD_CITY = current_code()
CITYCARD_DEMO = environment.flag("CITYCARD_DEMO")
CITYCARD_PERSONAS = environment.flag("CITYCARD_PERSONAS", default=CITYCARD_DEMO)
CITYCARD_PLACE = place_of(CITYCARD_CITY)
CITYCARD_PUBLIC_URL = environment.text("CITYCARD_PUBLIC_URL").rstrip("/")
_proxies = environment.text("CITYCARD_TRUSTED_PROXIES").split(",")
CITYCARD_TRUSTED_PROXIES = [one.strip() for one in _proxies if one.strip()]
CITYCARD_DROP_FILES = environment.text("CITYCARD_DROP_FILES")
# infra.crypto and child processes read the variable itself
os.environ.setdefault("CITYCARD_KEYS", str(CITYCARD_PLACE.keys / "keys.json"))

DEBUG = environment.flag("CITYCARD_DEBUG")
NO_SECRET_KEY = "django-insecure-nothing-is-signed-with-this"  # noqa: S105 - refused at start
_kept_secret = CITYCARD_PLACE.keys / "cookies.key"
SECRET_KEY = os.environ.get("CITYCARD_SECRET_KEY") or (
    _kept_secret.read_text().strip() if os.access(_kept_secret, os.R_OK) else NO_SECRET_KEY
)
ALLOWED_HOSTS = environment.text("CITYCARD_HOSTS").split(",")

# -- the house ----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "django.contrib.messages",
    "procrastinate.contrib.django",
    "django_htmx",
    "csp",
    *apps.installed(apps.INFRA + apps.CONTEXTS + apps.STORIES + apps.PORTALS),
    "citycard.config.apps.HouseConfig",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "citycard.config.urls"
WSGI_APPLICATION = "citycard.config.wsgi.application"

_middleware = (
    "citycard.infra.web.request_ids.RequestIdMiddleware",
    "citycard.config.watching.MeasureMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "citycard.portals.doors.ActorMiddleware",
    "citycard.infra.web.middleware.RefusalMiddleware",
)
MIDDLEWARE = [
    name
    for name in _middleware
    if not name.startswith("citycard.") or apps.present(name.rpartition(".")[0])
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                *(
                    ["citycard.infra.web.context.look"]
                    if apps.present("citycard.infra.web.context")
                    else []
                ),
                "django.contrib.messages.context_processors.messages",
                "citycard.infra.web.context.look",
            ],
        },
    }
]

FORM_RENDERER = "citycard.infra.web.forms.HouseRenderer"

# -- the database: the application's role, which owns nothing ------------------------------------

DATABASES = {
    "default": django_database(
        application_url(CITYCARD_PLACE),
        pool=environment.number("CITYCARD_DB_POOL"),
        told=limits.connection_options(),
    )
}
MIGRATE_DATABASE_URL = owner_url(CITYCARD_PLACE)

# -- language and time ---------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hant"
LANGUAGES = [("zh-hant", "中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"  # the pack names the city's zone; kernel.periods converts

# -- sessions and cookies ------------------------------------------------------------------------

SESSION_ENGINE = (
    "citycard.identity.sessions"
    if apps.present("citycard.identity.sessions")
    else "django.contrib.sessions.backends.signed_cookies"
)
SESSION_COOKIE_NAME = "citycard"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CITYCARD_PUBLIC_URL.startswith("https://")
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "citycard.infra.web.errors.csrf_failed"
CSRF_TRUSTED_ORIGINS = [CITYCARD_PUBLIC_URL]
LANGUAGE_COOKIE_NAME = "citycard_language"
LANGUAGE_COOKIE_HTTPONLY = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

# -- what a browser may do -----------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024  # papers are sealed in memory, never spooled

# -- static files --------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = CITYCARD_PLACE.root / "static"
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
_collected = (STATIC_ROOT / "staticfiles.json").is_file() or "collectstatic" in sys.argv
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if _collected
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not _collected
WHITENOISE_MANIFEST_STRICT = False  # a file that nobody collected is a 404, not a broken page

# -- logs: structured, nothing personal ------------------------------------------------------------

LOGGING_CONFIG = None  # wiring configures infra.logs
LOG_LEVEL = environment.text("CITYCARD_LOG_LEVEL")
SILENCED_SYSTEM_CHECKS = [
    "security.W004",  # HSTS is the proxy's that ends TLS
    "security.W008",  # as is the redirect to HTTPS
]

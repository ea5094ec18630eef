"""Settings that every installation shares."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from config import environment as env
from config import logs
from rollouts.lib import links

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VERSION = "0.1.0"

SECRET_KEY = env.text("SECRET_KEY", "")
SECRETS_KEY = env.text("GATEHOUSE_SECRETS_KEY", "")
DEBUG = False
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
GATEHOUSE_URL = env.text("GATEHOUSE_URL", "http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", GATEHOUSE_URL)

INSTALLED_APPS = [
    "notifications",
    "rollouts.dashboard",
    "rollouts.escalations",
    "rollouts.statuspages",
    "rollouts.reviews",
    "rollouts.engines",
    "rollouts.decisions",
    "rollouts.gates",
    "rollouts.evidence",
    "rollouts.approvals",
    "rollouts.plans",
    "rollouts.health",
    "rollouts.contracts",
    "rollouts.catalog",
    "rollouts.accounts",
    "rollouts.audit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django_htmx",
    "django_linear_migrations",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
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
            ]
        },
    }
]

DATABASES = {"default": env.database(env.text("DATABASE_URL", "postgresql:///gatehouse"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

BROKER_URL = env.text("BROKER_URL", "redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_TASK_TIME_LIMIT = 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "gatehouse"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
}

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "rollouts.accounts.adapter.AccountAdapter"
ACCOUNT_LOGOUT_ON_GET = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rollouts.accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "rollouts.accounts.authentication.TokenScope",
    ],
    "DEFAULT_PAGINATION_CLASS": "rollouts.lib.pages.Pages",
    "PAGE_SIZE": 50,
    "DEFAULT_FILTER_BACKENDS": ["rollouts.lib.filters.StrictFilters"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "rollouts.lib.problems.handler",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_THROTTLE_RATES": {},
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Gatehouse",
    "DESCRIPTION": "Governs rollouts among dependent services.",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    # Lists of words stay where they are used: made-up names for them would change with every new field.
    "POSTPROCESSING_HOOKS": [],
}

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English"))]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = env.text("STATIC_ROOT", str(BASE_DIR / ".gatehouse" / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]

EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.whole("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Gatehouse <gatehouse@localhost>")

SLACK_API_URL = env.text("SLACK_API_URL", "https://slack.com/api/")
SLACK_BOT_TOKEN = env.text("SLACK_BOT_TOKEN", "")
SLACK_SIGNING_SECRET = env.text("SLACK_SIGNING_SECRET", "")
SLACK_TEAM_ID = env.text("SLACK_TEAM_ID", "")
SLACK_DEFAULT_CHANNEL = env.text("SLACK_DEFAULT_CHANNEL", "#rollouts")

GATEHOUSE_TICK_S = float(env.text("GATEHOUSE_TICK_S", "5"))
GATEHOUSE_LEASE_S = float(env.text("GATEHOUSE_LEASE_S", "45"))
GATEHOUSE_SLACK_PACE_S = float(env.text("GATEHOUSE_SLACK_PACE_S", "1"))
GATEHOUSE_HTTP_ALLOW_CIDRS = env.words("GATEHOUSE_HTTP_ALLOW_CIDRS")
try:
    GATEHOUSE_LINKS = links.read(env.text("GATEHOUSE_LINKS", ""))
except ValueError as error:
    raise env.BadSetting("GATEHOUSE_LINKS", str(error)) from None
GATEHOUSE_LOCATION = env.text("GATEHOUSE_LOCATION", "here")
GATEHOUSE_METRICS_TOKEN = env.text("GATEHOUSE_METRICS_TOKEN", "")
GATEHOUSE_METRICS_OPEN = True
GATEHOUSE_STATE_DIR = Path(env.text("GATEHOUSE_STATE_DIR", str(BASE_DIR / ".gatehouse")))

SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

LOGGING = logs.logging(level=env.text("LOG_LEVEL", "INFO"), form=env.text("LOG_FORMAT", "plain"))
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

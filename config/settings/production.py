"""Settings of a real installation; everything secret comes from the environment."""

from config import environment as env
from config import logs
from config.settings.base import *  # noqa: F403

SECRET_KEY = env.text("SECRET_KEY")
SECRETS_KEY = env.text("GATEHOUSE_SECRETS_KEY")
DATABASES = {"default": env.database(env.text("DATABASE_URL"))}
CELERY_BROKER_URL = BROKER_URL = env.text("BROKER_URL")

LOGGING = logs.logging(level=env.text("LOG_LEVEL", "INFO"), form=env.text("LOG_FORMAT", "json"))

# Without a token nobody reads the counters.
GATEHOUSE_METRICS_OPEN = False

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", True)
# Engines and flag clients lose the body of a POST on a redirect, probes never follow one.
SECURE_REDIRECT_EXEMPT = [r"^ofrep/", r"^api/", r"^healthz$", r"^readyz$", r"^metrics$", r"^slack/"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env.whole("SECURE_HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

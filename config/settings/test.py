"""Settings of the test run: the real parts, with nothing sent outside the machine."""

from config.settings.base import *  # noqa: F403

SECRET_KEY = "only-for-tests-" + "x" * 40
SECRETS_KEY = "only-for-tests-" + "y" * 40
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
GATEHOUSE_HTTP_ALLOW_CIDRS = ["127.0.0.0/8", "::1/128"]
SLACK_BOT_TOKEN = "xoxb-test"  # noqa: S105
SLACK_SIGNING_SECRET = "test-signing-secret"  # noqa: S105
SLACK_TEAM_ID = "T01GATE"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
LOGGING_CONFIG = None

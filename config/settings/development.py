"""Settings of `make run`: the embedded default, on the loopback address only."""

from config import environment as env
from config.settings.base import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "demo"]  # noqa: F405
SECRET_KEY = env.text("SECRET_KEY", "only-for-a-laptop-" + "x" * 40)
DEBUG = env.flag("DEBUG", False)
GATEHOUSE_HTTP_ALLOW_CIDRS = env.words("GATEHOUSE_HTTP_ALLOW_CIDRS", "127.0.0.0/8,::1/128")
GATEHOUSE_TICK_S = float(env.text("GATEHOUSE_TICK_S", "1"))
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

"""Settings of `make run`: the embedded default, on the loopback address only."""

from config.settings.base import *  # noqa: F403

SECRET_KEY = env.text("SECRET_KEY", "only-for-a-laptop-" + "x" * 40)  # noqa: F405
DEBUG = env.flag("DEBUG", False)  # noqa: F405
GATEHOUSE_HTTP_ALLOW_CIDRS = env.words("GATEHOUSE_HTTP_ALLOW_CIDRS", "127.0.0.0/8,::1/128")  # noqa: F405
GATEHOUSE_TICK_S = float(env.text("GATEHOUSE_TICK_S", "1"))  # noqa: F405
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

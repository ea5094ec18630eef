"""The web server's entry."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

django_application = get_wsgi_application()

from config.middleware import POLICY  # noqa: E402 - settings are read first
from rollouts.statuspages.wsgi import PublicPages  # noqa: E402

application = PublicPages(
    django_application,
    headers=[
        ("Content-Security-Policy", POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
    ],
)

# What start-up made lives as long as the process: no request has to wait while it is searched for garbage.
gc.collect()
gc.freeze()

"""A worker without tasks."""

import os

from celery import Celery

app = Celery("standin", broker=os.environ["BROKER_URL"])

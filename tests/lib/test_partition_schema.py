"""A day stands beside its table, whatever schema comes first for whoever needs it."""

from datetime import date

import pytest
from django.db import connection

from rollouts.health.models import Window


@pytest.mark.django_db
def test_a_day_is_made_in_the_schema_of_its_table() -> None:
    day = date(2031, 5, 6)
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA aside; SET LOCAL search_path = aside, public")
        Window.DAYS.ensure([day])
        cursor.execute("SET LOCAL search_path = public")
        Window.DAYS.ensure([day])  # found there, and not made again
        cursor.execute("SELECT to_regclass(%s)::text", [f"public.{Window.DAYS.name(day)}"])
        assert cursor.fetchone()[0] == Window.DAYS.name(day)

"""The drivers of the private PostgreSQL and Valkey."""

import psycopg
import pytest

from deploy.local.postgres import Postgres
from deploy.local.valkey import Valkey


def test_database_survives_a_kill(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    postgres.kill()
    postgres.start()
    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)


def test_paused_database_hangs_and_answers_again(postgres: Postgres) -> None:
    postgres.pause()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres.url, connect_timeout=2)
    postgres.resume()
    psycopg.connect(postgres.url).close()


def test_broker_is_flushed_and_comes_back_after_a_kill(valkey: Valkey) -> None:
    valkey.flush()
    valkey.kill()
    assert not valkey.running()
    valkey.start()
    assert valkey.running()

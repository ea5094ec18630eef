"""Stands in for the product where only its supervisor is tried: commands that note that they ran."""

import os
import signal
import sys
import time
from pathlib import Path

import psycopg

NOTES = Path("ran.txt")


def main(command: str) -> None:
    with NOTES.open("a") as notes:
        notes.write(f"{command}\n")
    if command == "migrate":
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept (at timestamptz DEFAULT now())")
            connection.execute("INSERT INTO kept DEFAULT VALUES")
    if command == "ticker":
        # One that does not want to end: the supervisor has to.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(60)


main(sys.argv[1])

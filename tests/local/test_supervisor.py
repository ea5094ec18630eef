"""`make run` as a person and an operating system treat it, with a product that starts quickly."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.postgres import Postgres
from tests.local.runs import Run, running, standin, wait_until

pytestmark = pytest.mark.xdist_group("make-run")


@pytest.fixture(autouse=True)
def _places_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test run's own state folder is no place for clones, which would all share it."""
    monkeypatch.delenv("GATEHOUSE_STATE_DIR", raising=False)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    # As root, only root may enter here; the path is far longer than a socket's may be.
    tmp_path.chmod(0o700)
    return standin(tmp_path / ("deep" * 20) / ("deeper" * 10) / "clone")


@pytest.fixture
def run(clone: Path) -> Iterator[Run]:
    with running(clone) as started:
        started.settled()
        yield started


def lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False  # ended between the two questions


def ended(processes: list[psutil.Process]) -> bool:
    return not any(lives(process) for process in processes)


def test_sigterm_to_make_alone_stops_everything(run: Run) -> None:
    all_of_it = [*run.processes(), run.supervisor()]
    assert len(all_of_it) > 6
    assert run.make is not None
    run.make.terminate()
    took = wait_until(lambda: run.ended() and ended(all_of_it), 10, "the end")
    assert took < 5
    assert run.processes() == []


def test_ctrl_c_stops_everything_and_data_is_kept(run: Run) -> None:
    before = run.data()
    run.signal_all(signal.SIGINT)
    took = wait_until(run.ended, 10, "the end")
    assert took < 5
    assert run.processes() == []
    again = Run(run.clone, run.port).start()
    try:
        again.ready()
        assert again.data() == before
    finally:
        again.clean_up()


def test_second_start_does_not_migrate_what_is_migrated(run: Run) -> None:
    run.signal_all(signal.SIGINT)
    wait_until(run.ended, 10, "the end")
    again = Run(run.clone, run.port).start()
    try:
        again.settled()
        assert (run.clone / "ran.txt").read_text().split().count("migrate") == 1
    finally:
        again.clean_up()


def test_new_migration_is_applied_at_the_next_start(run: Run) -> None:
    run.signal_all(signal.SIGINT)
    wait_until(run.ended, 10, "the end")
    migrations = run.clone / "rollouts" / "decisions" / "migrations"
    migrations.mkdir()
    (migrations / "0002_more.py").write_text("")
    again = Run(run.clone, run.port).start()
    try:
        again.settled()
        assert (run.clone / "ran.txt").read_text().split().count("migrate") == 2
    finally:
        again.clean_up()


def test_second_run_in_the_same_clone_says_where_the_first_one_is(run: Run) -> None:
    second = Run(run.clone, run.port + 1).start()
    said = second.refused()
    assert f"already runs from this folder as process {run.supervisor().pid}" in said
    assert f"http://127.0.0.1:{run.port}/" in said
    assert "Traceback" not in said
    assert run.answer()


def test_port_in_use_is_said_and_nothing_is_started(clone: Path) -> None:
    with running(clone) as run, socket.socket() as other:
        # Ours came second: the other program had the port before.
        run.signal_all(signal.SIGKILL)
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", run.port))
        other.listen()
        said = Run(clone, run.port).start().refused()
        assert f"Port {run.port} is in use by another program" in said
        assert f"make run PORT={run.port + 1}" in said
        assert "Traceback" not in said
        assert run.processes() == []


@pytest.mark.parametrize("port", ["http", "0", "70000"])
def test_port_that_is_none_is_said(clone: Path, port: str) -> None:
    run = Run(clone, 0, PORT=port).start()
    assert "PORT must be a number from 1 to 65535" in run.refused()


def test_start_after_a_killed_supervisor_cleans_up(run: Run) -> None:
    left, before = run.processes(), run.data()
    # Frozen ones cannot end by themselves when their parent does.
    for process in left:
        process.suspend()
    run.supervisor().kill()
    wait_until(run.ended, 5, "the end of make")
    assert not ended(left)
    again = Run(run.clone, run.port).start()
    try:
        again.settled()
        assert ended(left)
        assert again.data() == before
    finally:
        again.clean_up()


def test_killed_supervisor_takes_its_processes_along(run: Run) -> None:
    left = run.processes()
    run.supervisor().kill()
    wait_until(lambda: ended(left), 10, f"the end of {left}")


@pytest.mark.parametrize("server", ["bin/postgres", "valkey-server"])
def test_killed_server_comes_back(run: Run, server: str) -> None:
    [first, *_] = run.named(server)
    first.kill()
    wait_until(lambda: "starting it again" in run.said, 5, "the notice")
    wait_until(lambda: [p for p in run.named(server) if p != first] != [], 10, "another server")
    run.ready(20)


def test_killed_web_server_leaves_no_old_worker(run: Run) -> None:
    before = (run.answer() or "").split()[0]
    [master, *_] = sorted(run.named("granian"), key=lambda process: process.create_time())
    master.kill()
    wait_until(lambda: (run.answer() or before).split()[0] != before, 20, "an answer of the new one")
    assert not psutil.pid_exists(int(before)) or psutil.Process(int(before)).status() == "zombie"


def test_killed_web_worker_is_replaced(run: Run) -> None:
    before = (run.answer() or "").split()[0]
    psutil.Process(int(before)).kill()
    wait_until(lambda: (run.answer() or before).split()[0] != before, 20, "an answer of another worker")


def test_two_clones_run_side_by_side(run: Run, tmp_path: Path) -> None:
    with running(standin(tmp_path / "other")) as other:
        other.settled()
        assert run.answer()
        assert other.answer()
        assert other.places.state != run.places.state


def test_given_servers_are_used_and_none_is_started(clone: Path, postgres: Postgres) -> None:
    with running(clone, DATABASE_URL=postgres.url, BROKER_URL=os.environ["BROKER_URL"]) as run:
        run.settled()
        assert run.answer()
        assert run.named("bin/postgres") == []
        assert run.named("valkey-server") == []


def test_stop_while_starting_leaves_nothing(clone: Path) -> None:
    with running(clone) as run:
        wait_until(lambda: run.named("initdb") != [], 20, "initdb")
        assert run.make is not None
        run.make.terminate()
        assert wait_until(run.ended, 10, "the end") < 5
        assert run.processes() == []
        # What initdb left half made is not taken for a database.
        again = Run(clone, run.port).start()
        again.ready()
        again.clean_up()


def test_broken_product_is_given_up_with_its_last_words(clone: Path) -> None:
    (clone / "config" / "wsgi.py").write_text("raise RuntimeError('no such luck')\n")
    with running(clone) as run:
        said = run.refused()
        assert "The web server has ended" in said
        assert "no such luck" in said
        assert run.processes() == []


def test_secrets_are_for_their_owner_only(run: Run) -> None:
    kept = run.places.state / "secrets.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    sockets = run.places.sockets
    assert (sockets / "pg").stat().st_mode & 0o077 == 0
    assert str(sockets).startswith("/var/tmp/gatehouse-")

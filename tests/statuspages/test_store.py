"""What one web process keeps of public pages: never older after newer, also in its first answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rollouts.lib.clock import database_now
from rollouts.statuspages import stored
from rollouts.statuspages.models import Snapshot
from rollouts.statuspages.store import Store
from rollouts.statuspages.stored import Stored

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/status/main/orders-v3/"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A process that begins with version 1 on its disk."""
    stored.write(tmp_path / "public", Stored(PAGE, 1, 200, "text/html", '"1"', b"version 1"))
    made = Store(lambda: tmp_path / "public")
    yield made
    made.stop()


def test_the_first_answer_of_a_process_is_not_the_copy_of_the_one_before(store: Store) -> None:
    Snapshot.objects.create(
        site="main",
        path=PAGE,
        version=2,
        content_type="text/html",
        etag='"2"',
        body=b"version 2",
        created_at=database_now(),
    )
    page = store.get(PAGE)
    assert page is not None
    assert page.body == b"version 2"
    assert store.checked_at > 0


def test_an_older_row_never_comes_after_a_newer_copy(store: Store) -> None:
    Snapshot.objects.create(
        site="main",
        path=PAGE,
        version=0,
        content_type="text/html",
        etag='"0"',
        body=b"version 0",
        created_at=database_now(),
    )
    page = store.get(PAGE)
    assert page is not None
    assert page.body == b"version 1"

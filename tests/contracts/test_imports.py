"""Catalog files at an address: asked on a schedule, conditionally, within bounds; failure told once."""

from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.test import Client

from rollouts.accounts.models import Person
from rollouts.audit.models import Content, Event
from rollouts.catalog.models import Service
from rollouts.contracts.importing import services
from rollouts.contracts.importing.addresses import raw
from rollouts.contracts.models import Import, Listed
from rollouts.lib.clock import database_now
from tests.accounts.factories import person, team
from tests.lib.servers import reply, serving

pytestmark = pytest.mark.django_db
API = "/api/v1/imports/shop/"
FILE = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: web}
spec: {type: service, lifecycle: production, owner: shop}
"""


class Host:
    """A Git host with one file; `asked` are the headers of every request."""

    def __init__(self) -> None:
        self.body, self.status, self.etag = FILE.encode(), 200, '"1"'
        self.asked: list[dict[str, str]] = []
        self.address = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append({name.lower(): value for name, value in handler.headers.items()})
        if handler.headers.get("If-None-Match") == self.etag:
            reply(handler, status=304)
        else:
            reply(handler, self.body, status=self.status, headers={"ETag": self.etag})


@pytest.fixture
def host(settings: Any) -> Iterator[Host]:
    settings.GATEHOUSE_HTTP_ALLOW_CIDRS = ["127.0.0.0/8"]
    found = Host()
    with serving(found.answer) as address:
        found.address = f"{address}/catalog-info.yaml"
        yield found


@pytest.fixture
def ada() -> Person:
    team("shop", planner=[person("mina@example.test")])
    return person("ada@example.test", staff=True)


def signed_in(who: Person) -> Client:
    client = Client()
    client.force_login(who)
    return client


def put(who: Person, address: str, **more: Any) -> Any:
    body = {"address": address, "team": "shop", **more}
    return signed_in(who).put(API, body, content_type="application/json")


def due() -> list[int]:
    return list(services.due(database_now() + timedelta(seconds=1), 10))


def turn() -> Import:
    """The next turn of the schedule."""
    Import.objects.update(due_at=database_now() - timedelta(seconds=1))
    for pk in due():
        services.run(pk)
    return Import.objects.get()


def kinds() -> list[str]:
    return [event.kind for event in Event.objects.newest("import:shop")][::-1]


def test_an_import_is_declared_asked_at_once_and_then_on_its_schedule(host: Host, ada: Person) -> None:
    told = put(ada, host.address, every_minutes=30).json()
    assert (told["every_minutes"], told["token"]) == (30, False)
    (pk,) = due()
    services.run(pk)
    row = Import.objects.get()
    assert Service.objects.get().slug == "web"
    assert row.last_success_at is not None
    assert row.due_at is not None
    assert timedelta(minutes=29) < row.due_at - database_now() <= timedelta(minutes=30)
    assert row.report["count"]["added"] == 1
    services.run(pk)
    assert len(host.asked) == 1
    assert Listed.objects.get().origin == "import:shop"


def test_a_file_that_did_not_change_is_not_sent_again(host: Host, ada: Person) -> None:
    put(ada, host.address)
    turn()
    before = turn()
    assert host.asked[1]["if-none-match"] == '"1"'
    assert before.last_error == ""
    signed_in(ada).post(f"{API}ask/")
    assert "if-none-match" not in host.asked[2]


def test_what_vanishes_from_the_file_is_gone_by_name_of_the_import(host: Host, ada: Person) -> None:
    put(ada, host.address)
    turn()
    host.body, host.etag = FILE.replace("name: web", "name: shop").encode(), '"2"'
    row = turn()
    what = {one["name"]: one["what"] for one in row.report["outcomes"]}
    assert what == {"shop": "added", "web": "gone"}
    assert Service.objects.get(slug="web").gone_at is not None
    event = Event.objects.newest("service:web")[0]
    assert Content.objects.get(event_id=event.pk).body["actor"]["name"] == "Import shop"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, b"", "answered 404"),
        (200, b"x" * 2_000_001, "sent more than 2,000,000 bytes"),
        (200, b"apiVersion: backstage.io/v1\nkind: [", "Line"),
        (200, b"<html>", "error"),
    ],
)
def test_failure_is_noted_told_once_and_over_once(
    host: Host, ada: Person, status: int, body: bytes, said: str
) -> None:
    put(ada, host.address)
    good, host.status, host.body = host.body, status, body
    turn()
    row = turn()
    assert said in row.last_error
    assert row.last_success_at is None
    assert not Service.objects.exists()
    assert kinds() == ["import.added", "import.failing"]
    host.status, host.body = 200, good
    assert turn().last_error == ""
    assert kinds() == ["import.added", "import.failing", "import.recovered"]


def test_internal_addresses_are_asked_only_where_the_operator_allows(
    host: Host, ada: Person, settings: Any
) -> None:
    settings.GATEHOUSE_HTTP_ALLOW_CIDRS = []
    put(ada, host.address)
    assert turn().last_error
    assert host.asked == []


def test_a_token_is_sent_and_never_shown(host: Host, ada: Person) -> None:
    told = put(ada, host.address, token="s3cret").json()
    assert told["token"] is True
    turn()
    assert host.asked[0]["authorization"] == "Bearer s3cret"
    put(ada, host.address)
    assert Import.objects.get().access
    page = signed_in(ada).get("/imports/shop/").content.decode()
    assert "s3cret" not in page
    assert "s3cret" not in Import.objects.get().access
    put(ada, host.address, token="")
    assert not Import.objects.get().access


def test_the_page_declares_previews_asks_and_stops(host: Host, ada: Person) -> None:
    client = signed_in(ada)
    given = {"name": "shop", "address": host.address, "team": "shop", "every_minutes": "60", "enabled": "on"}
    assert client.post("/imports/new/", given)["Location"] == "/imports/shop/"
    preview = client.post("/imports/shop/ask/", {"preview": "1"}).content.decode()
    assert "What it would change" in preview
    assert not Service.objects.exists()
    client.post("/imports/shop/ask/", {"apply": "1"})
    assert Service.objects.exists()
    assert "What the last change did" in client.get("/imports/shop/").content.decode()
    assert "Works" in client.get("/imports/").content.decode()
    client.post("/imports/shop/stop/")
    assert (Import.objects.get().enabled, due()) == (False, [])
    assert "Stopped" in client.get("/imports/").content.decode()


def test_asking_a_dead_address_is_told_to_whoever_asks(ada: Person) -> None:
    put(ada, "https://catalog.invalid/catalog.yaml")
    answer = signed_in(ada).post(f"{API}ask/?dry_run=true")
    assert (answer.status_code, answer.json()["code"]) == (422, "import_failed")
    assert Import.objects.get().last_error == ""


def test_only_administrators_import(host: Host, ada: Person) -> None:
    mina = Person.objects.get(email="mina@example.test")
    assert put(mina, host.address).status_code == 403
    assert not Import.objects.exists()
    put(ada, host.address)
    assert signed_in(mina).post(f"{API}ask/").status_code == 403
    assert signed_in(mina).delete(API).status_code == 403
    assert "Only administrators" in signed_in(mina).get("/imports/shop/").content.decode()
    assert host.asked == []


@pytest.mark.parametrize("body", [{"every_minutes": 1}, {"team": "nobody"}, {"address": "ftp://x/y"}])
def test_what_cannot_be_is_refused(ada: Person, body: dict[str, Any]) -> None:
    answer = put(ada, **{"address": "https://x.example/catalog.yaml", **body})
    assert answer.status_code == 422
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("page", "wanted"),
    [
        (
            "https://github.com/acme/shop/blob/main/a/catalog-info.yaml",
            "https://raw.githubusercontent.com/acme/shop/main/a/catalog-info.yaml",
        ),
        (
            "https://git.example/acme/shop/-/blob/main/c.yaml",
            "https://git.example/acme/shop/-/raw/main/c.yaml",
        ),
        (
            "https://bitbucket.org/acme/shop/src/main/c.yaml",
            "https://bitbucket.org/acme/shop/raw/main/c.yaml",
        ),
        (
            "https://forge.example/a/b/src/branch/main/c.yaml",
            "https://forge.example/a/b/raw/branch/main/c.yaml",
        ),
        ("https://acme.example/catalog.yaml", "https://acme.example/catalog.yaml"),
    ],
)
def test_a_page_at_a_git_host_leads_to_its_raw_file(page: str, wanted: str) -> None:
    assert raw(page) == wanted

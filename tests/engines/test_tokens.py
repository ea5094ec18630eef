"""Making and revoking the tokens of a service, by page and API."""

import pytest
from django.test import Client

from rollouts.audit import queries as audit
from rollouts.engines.models import ServiceToken
from rollouts.lib import secrets
from tests.engines import factories

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/services/orders/tokens/"
API = "/api/v1/services/orders/tokens/"


def test_a_new_token_is_shown_once_and_only_its_digest_is_kept(client: Client) -> None:
    factories.service()
    client.force_login(factories.person("planner@example.org", role="planner"))
    page = client.post(PAGE, {"environment": factories.environment().pk}).content.decode()
    row = ServiceToken.objects.get()
    plain = page.split("<code>ghs_")[1].split("</code>")[0]
    assert row.digest == secrets.digest(f"ghs_{plain}")
    assert plain not in client.get(PAGE).content.decode()
    (event,) = audit.events("service:orders")
    assert (event.kind, event.actor.name) == ("service.token_issued", "Planner")
    assert plain not in str(event.content)


def test_the_api_makes_lists_and_revokes(client: Client) -> None:
    factories.service()
    client.force_login(factories.person("planner@example.org", role="planner"))
    made = client.post(API, {"environment": "nowhere"}, content_type="application/json")
    assert made.status_code == 400
    made = client.post(API, {}, content_type="application/json")
    assert made.status_code == 201
    assert made.json()["token"].startswith("ghs_")
    assert [row["hint"] for row in client.get(API).json()] == [made.json()["hint"]]
    assert client.delete(f"{API}{made.json()['id']}/").json()["revoked_at"]
    again = client.delete(f"{API}{made.json()['id']}/")
    assert (again.status_code, again.json()["code"]) == (409, "revoked")
    assert [event.kind for event in audit.events("service:orders")] == [
        "service.token_revoked",
        "service.token_issued",
    ]


def test_a_page_revokes_and_keeps_the_row(client: Client) -> None:
    factories.service()
    client.force_login(factories.person("admin@example.org", staff=True))
    client.post(PAGE)
    token = ServiceToken.objects.get()
    assert client.post(f"{PAGE}{token.pk}/revoke/").status_code == 302
    assert "Revoked" in client.get(PAGE).content.decode()
    factories.service("checkout")
    assert client.post(f"/services/checkout/tokens/{token.pk}/revoke/").status_code == 404


@pytest.mark.parametrize("role", ["viewer", "approver", "breaker", ""])
def test_others_are_refused_and_nothing_is_made(client: Client, role: str) -> None:
    factories.service()
    client.force_login(factories.person("other@example.org", role=role))
    assert client.post(PAGE).status_code == 403
    refused = client.post(API, {}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "right")
    assert not ServiceToken.objects.exists()
    assert not audit.events("service:orders")

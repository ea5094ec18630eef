"""What would act twice when it is sent twice takes an Idempotency-Key, or stands here with the reason."""

from typing import Any

from drf_spectacular.generators import SchemaGenerator

from rollouts.lib.idempotency import HEADER

SAVED = "it is then as it was given; the same again changes nothing"
READ = "nothing is saved"
AGAIN = "it asks for another try at once, of which there is one, however often it is asked"
TAKEN = "its name is taken the second time"
SECRET = (
    "its answer is a secret that is shown once; what a lost answer made stands in the list, to be revoked"
)
WITHOUT = {
    "catalog/": SAVED,
    "contracts/{slug}/consumers/{service}/parts/": SAVED,
    "contracts/{slug}/readiness/": SAVED,
    "contracts/{slug}/versions/{version}/document/": SAVED,
    "campaigns/": SAVED,
    "contracts/{slug}/versions/{version}/document/fetch/": SAVED,
    "contracts/{slug}/versions/{version}/retire/": SAVED,
    "deliveries/{id}/retry/": AGAIN,
    "dependencies/": SAVED,
    "edges/": "an edge's part is known by its origin and its time",
    "edges/answers/": "an answer says how an edge is to be taken; the same again says the same",
    "escalation-policies/": TAKEN,
    "evidence/": "a result is known by what was sent and what it is about",
    "evidence/pact-broker/": "a result is known by what was sent and what it is about",
    "gates/{id}/ticks/": SAVED,
    "imports/{slug}/ask/": AGAIN,
    "me/tokens/": SECRET,
    "people/": TAKEN,
    "plans/check/": READ,
    "plans/order/": READ,
    "plans/stages/": READ,
    "plans/waves/": READ,
    "probes/{slug}/run/": AGAIN,
    "rollouts/{slug}/backtests/": "it computes what is the same for the same windows, and decides nothing",
    "rollouts/{slug}/followups/{id}/retry/": AGAIN,
    "services/{service}/tokens/": SECRET,
    "slack/check/": READ,
    "slos/import/": SAVED,
    "sources/{slug}/measurements/": "a window's part is known by its source, start and instance",
    "sources/{slug}/otlp/v1/metrics": "a point is known by its stream and time",
    "teams/{slug}/roles/": SAVED,
    "webhooks/": SECRET,
    "webhooks/{id}/secret/": SECRET,
    "webhooks/{id}/test/": "a test message tells nobody anything",
}
"""PUT and PATCH say how something is to be, DELETE that it is not to be: both are safe to repeat."""


def test_what_would_act_twice_takes_a_key() -> None:
    told: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    bare = set()
    for address, operations in told["paths"].items():
        taken = {one["name"] for one in operations.get("post", {}).get("parameters", ())}
        if "post" in operations and HEADER not in taken:
            bare.add(address.removeprefix("/api/v1/"))
    assert bare == set(WITHOUT)

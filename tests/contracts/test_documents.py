"""Documents of versions: sent by page and API, kept once, found by what they name, judged by the rules."""

import hashlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import DjangoAssertNumQueries

from rollouts.accounts.models import Person
from rollouts.audit.models import Event
from rollouts.contracts.documents import services
from rollouts.contracts.formats import sandbox
from rollouts.contracts.formats.values import Comparison, Direction, Flow
from rollouts.contracts.models import ContractVersion, Document, Element, VersionDocument
from rollouts.contracts.versioning import ruling
from tests.contracts import papers
from tests.contracts.papers import House, house, put, send, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/contracts/orders-api/versions/2.1/document/"
DIGEST = hashlib.sha256(papers.OPENAPI.encode()).hexdigest()


@pytest.fixture
def there() -> House:
    return house()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Answers where the engine is not what is tested: breaking, unless told otherwise."""
    told: dict[str, Any] = {
        "found": Comparison({Direction.REQUEST: Flow(False, True), Direction.RESPONSE: Flow(True, True)}),
        "asked": [],
    }

    def compare(format_: str, old: str, new: str, **settings: Any) -> Comparison:
        told["asked"].append((old, new))
        both = {Direction.REQUEST: Flow(True, True), Direction.RESPONSE: Flow(True, True)}
        found: Comparison = Comparison(both) if old == new else told["found"]
        return found

    monkeypatch.setattr(sandbox, "compare", compare)
    return told


def test_a_document_is_sent_kept_by_its_digest_and_shown(there: House) -> None:
    answer = send(there.mina, "2.1", papers.OPENAPI)
    assert (answer.status_code, answer.json()["digest"]) == (201, DIGEST)
    shown = signed_in(there.tomas).get("/api/v1/contracts/orders-api/versions/2.1/document/").json()
    assert (shown["text"], shown["digest"], shown["origin"], shown["stored_by"]) == (
        papers.OPENAPI, DIGEST, "api", there.mina.name
    )  # fmt: skip
    page = signed_in(there.tomas).get(PAGE).content.decode()
    assert "GET /orders/{id}" in page
    assert "string, max. length 200" in page
    assert DIGEST[:12] in page
    file = signed_in(there.tomas).get(f"{PAGE}file/")
    assert file.content.decode() == papers.OPENAPI
    assert file["X-Content-Type-Options"] == "nosniff"


def test_the_same_document_again_changes_nothing(there: House, quick: dict[str, Any]) -> None:
    send(there.mina, "2.1", papers.OPENAPI)
    before = Event.objects.count()
    again = send(there.mina, "2.1", papers.OPENAPI)
    assert (again.status_code, again.json()["what"]) == (200, "unchanged")
    assert Event.objects.count() == before
    assert send(there.mina, "2.2", papers.OPENAPI).status_code == 201
    assert Document.objects.count() == 1
    assert VersionDocument.objects.count() == 2
    assert ContractVersion.objects.get(version="2.2").state == "draft"


@pytest.mark.parametrize("shape", ["json", "file", "post"])
def test_a_document_comes_in_whichever_shape_a_client_sends(
    there: House, quick: dict[str, Any], shape: str
) -> None:
    address, client = "/api/v1/contracts/orders-api/versions/2.1/document/", signed_in(there.mina)
    if shape == "json":
        answer = client.put(address, {"document": papers.OPENAPI}, content_type="application/json")
    elif shape == "file":
        answer = client.post(address, {"file": SimpleUploadedFile("a.yaml", papers.OPENAPI.encode())})
    else:
        answer = client.post(address, papers.OPENAPI, content_type="application/yaml")
    assert (answer.status_code, answer.json()["digest"]) == (201, DIGEST)


def test_what_is_no_document_is_refused_and_nothing_is_kept(there: House) -> None:
    client = signed_in(there.mina)
    address = "/api/v1/contracts/orders-api/versions/2.1/document/"
    for text in ("[" * 50_000, "openapi: 3.0.3\npaths: 7", "\x00", "- 1"):
        answer = send(there.mina, "2.1", text)
        assert (answer.status_code, answer.json()["code"]) == (422, "unfit"), text[:20]
        assert answer.json()["detail"]
    assert client.put(address, b"\xff\xfe", content_type="text/plain").json()["code"] == "unfit"
    assert client.put(address, b"a" * 1_000_001, content_type="text/plain").status_code == 422
    assert client.put(address, {"text": ""}, content_type="application/json").status_code == 400
    assert not Document.objects.exists()
    assert not Event.objects.exists()


def test_only_planners_of_the_provider_give_documents(there: House, quick: dict[str, Any]) -> None:
    assert send(there.tomas, "2.1", papers.OPENAPI).status_code == 403
    assert "Only planners and admins" in signed_in(there.tomas).get(f"{PAGE}give/").content.decode()
    given = {"version": "2.1", "text": papers.OPENAPI}
    assert signed_in(there.tomas).post(f"{PAGE}give/", given).status_code == 422
    assert not Document.objects.exists()
    assert not quick["asked"]


def test_a_document_is_typed_or_uploaded_on_the_page(there: House, quick: dict[str, Any]) -> None:
    client = signed_in(there.mina)
    given = {"version": "2.1", "text": papers.OPENAPI.replace("\n", "\r\n")}
    assert client.post("/contracts/orders-api/document/", given)["Location"] == PAGE
    assert VersionDocument.objects.get().document_id == DIGEST
    file = SimpleUploadedFile("orders.yaml", papers.SPLIT.encode())
    assert client.post("/contracts/orders-api/document/", {"version": "3.0", "file": file}).status_code == 302
    assert VersionDocument.objects.get(version__version="3.0").origin == "upload"
    for wrong in ({"version": "3.0"}, {"version": "3.0", "text": "x", "address": "https://a.test/x"}):
        assert client.post("/contracts/orders-api/document/", wrong).status_code == 422
    page = client.get("/contracts/orders-api/").content.decode()
    assert "Compare versions" in page
    assert DIGEST[:8] in page


def test_what_a_document_holds_is_shown_escaped(there: House, quick: dict[str, Any]) -> None:
    text = papers.OPENAPI.replace("One order", "<script>alert(1)</script>")
    send(there.mina, "2.1", text)
    page = signed_in(there.mina).get(PAGE).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_endpoints_and_fields_are_found_in_page_api_and_the_sites_search(
    there: House, quick: dict[str, Any]
) -> None:
    send(there.mina, "2.1", papers.OPENAPI)
    client = signed_in(there.tomas)
    found = client.get("/api/v1/contract-elements/?q=get orders").json()["results"]
    assert {each["operation"] for each in found} == {"GET /orders/{id}"}
    assert found[0]["versions"] == ["orders-api/2.1"]
    page = client.get("/contract-elements/?q=addr").content.decode()
    assert "Order.address" in page
    assert "Orders API 2.1" in page
    hits = client.get("/search/?q=address").content.decode()
    assert "Order.address" in hits
    assert "Endpoint or field" in hits
    assert client.get("/api/v1/contract-elements/?q=address&contract=another").json()["results"] == []
    assert client.get("/api/v1/contract-elements/?q=:*&|!").json()["results"] == []
    there.version.gone_at = there.version.documented.stored_at
    there.version.save()
    assert client.get("/api/v1/contract-elements/?q=address").json()["results"] == []


def test_pages_of_a_document_ask_as_much_for_a_long_one(
    there: House, quick: dict[str, Any], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    many = "".join(
        f"    T{n}: {{type: object, properties: {{field{n}: {{type: string}}}}}}\n" for n in range(300)
    )
    send(there.mina, "2.1", papers.OPENAPI + many)
    assert Element.objects.count() > 600
    client = signed_in(there.mina)
    for address in (PAGE, "/contract-elements/?q=field", "/search/?q=field1"):
        with django_assert_max_num_queries(22):
            assert client.get(address).status_code == 200


def rules(who: Person, **entry: Any) -> Any:
    return put(who, "rules/", **entry)


def test_rules_are_set_by_page_and_api(there: House) -> None:
    assert rules(there.tomas, policy="full").status_code == 403
    assert rules(there.mina, policy="sideways").status_code == 422
    assert rules(there.mina, policy="backward", deprecated_days=30).status_code == 201
    client = signed_in(there.mina)
    told = client.get("/api/v1/contracts/orders-api/rules/").json()
    assert (told["policy"], told["deprecated_days"], told["refuses"]) == ("backward", 30, False)
    given = {"policy": "full", "refuses": "on", "semantic": "on", "model": "open", "category": "WIRE"}
    assert client.post("/contracts/orders-api/rules/", given).status_code == 302
    page = client.get("/contracts/orders-api/").content.decode()
    assert "What breaks a rule is refused." in page
    assert [event.kind for event in Event.objects.newest("service:orders")] == ["contracts.declared"] * 2


def test_a_document_that_breaks_a_rule_is_told_and_kept(there: House, quick: dict[str, Any]) -> None:
    rules(there.mina, policy="backward", semantic=True)
    send(there.mina, "2.1", papers.OPENAPI)
    answer = send(there.mina, "2.2", papers.SPLIT)
    assert answer.status_code == 201
    policy, number = answer.json()["broken"]
    assert policy.startswith("It is not backward compatible with 2.1.")
    assert "2.1 to 2.2 is a minor step" in number
    given = {"version": "2.3", "text": papers.SPLIT + "\n"}
    page = signed_in(there.mina).post("/contracts/orders-api/document/", given, follow=True).content.decode()
    assert "2.1 to 2.3" not in page
    assert "not backward compatible" in page


def test_a_contract_that_refuses_takes_a_breaking_document_with_a_reason_only(
    there: House, quick: dict[str, Any]
) -> None:
    rules(there.mina, policy="backward", refuses=True)
    send(there.mina, "2.1", papers.OPENAPI)
    refused = send(there.mina, "3.0", papers.SPLIT)
    assert (refused.status_code, refused.json()["code"]) == (409, "breaks_rules")
    assert refused.json()["broken"]
    assert not ContractVersion.objects.filter(version="3.0").exists()
    assert Document.objects.count() == 1
    assert send(there.mina, "3.0", papers.SPLIT, override="Agreed with shipping.").status_code == 201
    event = next(iter(Event.objects.newest("service:orders")))
    told = event.view().content if hasattr(event, "view") else {}
    assert not told or told["override"] == "Agreed with shipping."


def test_a_transitive_policy_looks_at_all_versions_that_are_not_retired(
    there: House, quick: dict[str, Any]
) -> None:
    for number, version in enumerate(("1.0", "2.1", "2.2")):
        send(there.mina, version, papers.OPENAPI + f"# {number}\n")
    ContractVersion.objects.filter(version="1.0").update(state="retired")
    rules(there.mina, policy="backward", transitive=True)
    broken = send(there.mina, "3.0", papers.SPLIT).json()["broken"]
    assert [sentence.split(".")[0] for sentence in broken] == [
        "It is not backward compatible with 2", "It is not backward compatible with 2"
    ]  # fmt: skip
    assert len(broken) == 2


def test_what_was_not_decided_is_told_and_not_refused(there: House, quick: dict[str, Any]) -> None:
    rules(there.mina, policy="full", refuses=True)
    send(there.mina, "2.1", papers.OPENAPI)
    quick["found"] = Comparison(error="It took too long.")
    answer = send(there.mina, "2.2", papers.SPLIT)
    assert answer.status_code == 201
    assert "cannot be said: It took too long" in answer.json()["open"][0]


def test_comparisons_for_one_document_end_in_time(
    there: House, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rules(there.mina, policy="backward", transitive=True)
    send(there.mina, "2.1", papers.OPENAPI)
    monkeypatch.setattr(ruling, "BUDGET_S", -1)
    told = send(there.mina, "2.2", papers.SPLIT).json()
    assert (told["broken"], len(told["open"])) == ([], 1)
    assert "took longer" in told["open"][0]


def test_bytes_are_utf_8() -> None:
    assert services.decoded(b"\xef\xbb\xbfa") == "a"
    with pytest.raises(services.Unfit):
        services.decoded(b"\xff")

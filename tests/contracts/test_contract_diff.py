"""Two versions compared by the engine itself: kept, and told with the consumers that are touched."""

from typing import Any

import pytest

from rollouts.contracts.documents import comparing, digests
from rollouts.contracts.formats import sandbox
from rollouts.contracts.formats.values import Comparison
from rollouts.contracts.models import Compared, Use
from tests.contracts import papers
from tests.contracts.papers import House, house, relies, send, signed_in

pytestmark = pytest.mark.django_db
API = "/api/v1/contracts/orders-api/diff/?from=2.1&to=3.0"
PAGE = "/contracts/orders-api/diff/?from=2.1&to=3.0"


@pytest.fixture
def there() -> House:
    made = house()
    send(made.mina, "2.1", papers.OPENAPI)
    send(made.mina, "3.0", papers.SPLIT)
    relies(made.contract, "printing", operation="GET /orders/{key}", type="Order", field="address")
    relies(made.contract, "billing", operation="GET /orders/{id}", type="Order", field="total")
    return made


def test_each_difference_names_whom_it_touches_and_whom_not(there: House) -> None:
    told = signed_in(there.tomas).get(API).json()
    assert (told["verdict"], told["from"], told["to"]) == ("breaking", "2.1", "3.0")
    broken = [each for each in told["differences"] if each["level"] == "breaking"]
    assert broken
    for each in broken:
        assert each["touched"] == ["printing"]
        assert each["may_be_touched"] == ["shipping"]
        assert each["not_touched"] == ["billing"]
    assert {each["service"]: each["touched"] for each in told["consumers"]} == {
        "printing": "yes", "billing": "no", "shipping": "maybe"
    }  # fmt: skip
    assert told["step"]["holds"] is True
    assert told["response"]["forward"] is False


def test_the_page_tells_the_same_side_by_side(there: House) -> None:
    page = signed_in(there.tomas).get(PAGE).content.decode()
    for said in ("Breaking", "Touches", "Leaves alone", "May be touched", "Not touched", "Side by side"):
        assert said in page
    assert "which parts it uses is not recorded" in page
    assert 'class="del"' in page
    assert "maxLength: 200" in page


def test_a_consumer_of_other_versions_is_not_touched(there: House) -> None:
    there.contract.consumers.filter(service__slug="shipping").update(uses=">=1 <2")
    Use.objects.filter(service__slug="printing").update(versions="<2")
    told = signed_in(there.tomas).get(API).json()
    assert {each["touched"] for each in told["consumers"]} == {"no"}


def test_who_was_only_seen_is_touched_as_well(there: House) -> None:
    there.contract.consumers.filter(service__slug="printing").delete()
    Use.objects.filter(service__slug="printing").update(source="observed")
    told = signed_in(there.tomas).get(API).json()["consumers"]
    seen = next(each for each in told if each["service"] == "printing")
    assert (seen["touched"], seen["declared"]) == ("yes", False)


def test_an_answer_is_kept_until_the_engine_is_another(there: House, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in(there.tomas).get(API)
    asked: list[Any] = []

    def never(*given: Any, **settings: Any) -> Comparison:
        asked.append(given)
        return Comparison(error="It took too long.")

    monkeypatch.setattr(sandbox, "compare", never)
    assert signed_in(there.tomas).get(API).json()["verdict"] == "breaking"
    assert not asked
    monkeypatch.setattr(comparing, "engine", lambda: "another")
    told = signed_in(there.tomas).get(API).json()
    assert (told["verdict"], told["error"]) == ("unknown", "It took too long.")
    assert "no sign that they agree" in signed_in(there.tomas).get(PAGE).content.decode()
    assert len(asked) == 1, "what failed is not tried again at once"
    row = Compared.objects.get(old=digests.digest(papers.OPENAPI), new=digests.digest(papers.SPLIT))
    row.compared_at -= comparing.AGAIN_AFTER * 2
    row.save()
    signed_in(there.tomas).get(API)
    assert len(asked) == 2


def test_versions_without_a_document_are_refused_by_name(there: House) -> None:
    client = signed_in(there.tomas)
    answer = client.get("/api/v1/contracts/orders-api/diff/?from=2.1&to=9")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_document")
    assert "3.0, 2.1" in answer.json()["remedy"]
    assert client.get("/api/v1/contracts/orders-api/diff/").status_code == 400
    assert client.get("/api/v1/contracts/nobody/diff/?from=1&to=2").status_code == 404


def test_the_newest_two_are_compared_unless_others_are_asked_for(there: House) -> None:
    page = signed_in(there.tomas).get("/contracts/orders-api/diff/").content.decode()
    assert "Orders API: 2.1 to 3.0" in page
    same = signed_in(there.tomas).get("/contracts/orders-api/diff/?from=3.0&to=3.0").content.decode()
    assert "Nothing differs that anybody could notice" in same


def test_a_contract_with_one_document_says_what_is_missing(there: House) -> None:
    there.contract.versions.get(version="3.0").documented.delete()
    page = signed_in(there.tomas).get("/contracts/orders-api/diff/").content.decode()
    assert "There are no two documents to compare" in page


@pytest.mark.parametrize(
    ("format_", "old", "new"),
    [
        ("asyncapi", papers.ASYNCAPI, papers.ASYNCAPI.replace("type: string", "type: integer")),
        ("jsonschema", papers.JSONSCHEMA, papers.JSONSCHEMA.replace('"required": ["id"], ', "")),
        ("avro", papers.AVRO, papers.AVRO.replace('"NEW", "SENT"', '"NEW", "SENT", "LOST"')),
        ("graphql", papers.GRAPHQL, papers.GRAPHQL.replace("id: ID! items", "items")),
        ("protobuf", papers.PROTOBUF, papers.PROTOBUF.replace("string id = 1;", "int32 id = 1;")),
    ],
)
def test_documents_of_every_format_are_kept_and_compared(format_: str, old: str, new: str) -> None:
    made = house(format_)
    assert send(made.mina, "2.1", old).status_code == 201
    assert send(made.mina, "3.0", new).status_code == 201
    assert signed_in(made.mina).get(API).json()["verdict"] == "breaking"
    assert signed_in(made.mina).get("/contracts/orders-api/versions/3.0/document/").status_code == 200

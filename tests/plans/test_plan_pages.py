"""The plan's pages work without scripts, check while one types, and save through the one service."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from rollouts.accounts.models import Membership, Person
from rollouts.plans import services
from rollouts.plans.models import Revision, Rollout
from tests.decisions.factories import World, plan_text, world
from tests.plans.test_saving import longer, save

pytestmark = pytest.mark.django_db
PLAN = "/rollouts/orders-v3/plan/"


@pytest.fixture
def there() -> World:
    return world()


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def post(there: World, path: str, text: str, *, who: Person | None = None, **more: Any) -> Any:
    return signed_in(who or there.mina).post(path, {"source": text, "media_type": "application/yaml", **more})


def test_a_new_rollout_begins_with_a_template_that_names_what_is_missing(there: World) -> None:
    page = signed_in(there.mina).get("/plans/new/").content.decode()
    assert "apiVersion: gatehouse/v1" in page
    assert "is not how service is written" in page


def test_a_plan_is_saved_from_the_editor_byte_for_byte(there: World) -> None:
    answer = post(there, "/plans/new/", plan_text().replace("\n", "\r\n"), save="1")
    assert (answer.status_code, answer["Location"]) == (302, PLAN)
    assert bytes(Revision.objects.get().source) == plan_text().encode()
    page = signed_in(there.priya).get(PLAN).content.decode()
    assert "Revision 1" in page
    assert "Canary" in page
    assert "Wave 1" in page


def test_a_plan_is_uploaded(there: World) -> None:
    upload = SimpleUploadedFile("orders-v3.yaml", plan_text().encode())
    answer = signed_in(there.mina).post("/plans/new/", {"source": "", "file": upload})
    assert answer.status_code == 302
    assert Rollout.objects.get().slug == "orders-v3"


def test_errors_stand_beside_the_text_that_was_typed(there: World) -> None:
    text = plan_text().replace("bake: 0s", "bkae: 7h", 1)
    answer = post(there, "/plans/new/", text, save="1")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Did you mean bake?" in page
    assert "bkae: 7h" in page
    assert not Rollout.objects.exists()


def test_a_check_without_scripts_saves_nothing(there: World) -> None:
    answer = post(there, "/plans/new/", plan_text(), check="1")
    assert answer.status_code == 200
    assert "Every name is known in the catalog" in answer.content.decode()
    assert not Rollout.objects.exists()


def test_the_live_check_answers_with_the_checks_alone(there: World) -> None:
    page = post(there, "/plans/check/", plan_text().replace("orders,", "ordres,", 1)).content.decode()
    assert page.startswith('<section class="panel" id="plan-checks"')
    assert "There is no team named ordres." in page
    assert "Did you mean orders?" in page


def test_an_edit_follows_what_was_saved_before(there: World) -> None:
    digest = save(there).revision.digest
    page = signed_in(there.mina).get(f"{PLAN}edit/").content.decode()
    assert digest in page
    answer = post(there, f"{PLAN}edit/", longer(plan_text()), base=digest, save="1")
    assert answer.status_code == 302
    answer = post(there, f"{PLAN}edit/", plan_text(quorum=2), base=digest, save="1")
    assert answer.status_code == 409
    assert "Revision 2 was saved since you began to edit." in answer.content.decode()


def test_who_may_not_save_is_not_offered_it_and_is_refused(there: World) -> None:
    save(there)
    page = signed_in(there.priya).get(f"{PLAN}edit/").content.decode()
    assert "Only planners of Orders save this plan" in page
    assert 'name="save"' not in page
    digest = Revision.objects.get().digest
    answer = post(there, f"{PLAN}edit/", longer(plan_text()), who=there.priya, base=digest, save="1")
    assert answer.status_code == 403
    assert Revision.objects.count() == 1


def test_two_revisions_are_compared_in_words_and_as_text(there: World) -> None:
    save(there)
    save(there, longer(plan_text()))
    page = signed_in(there.priya).get(f"{PLAN}compare/?old=1&new=2").content.decode()
    assert "Stage 1 canary, bake" in page
    assert "5 min" in page
    assert '<span class="add">+    bake: 5m</span>' in page
    assert "Stage 1 canary, bake" in signed_in(there.priya).get(f"{PLAN}?revision=2").content.decode()


def test_the_document_is_downloaded_as_it_was_written(there: World) -> None:
    save(there)
    answer = signed_in(there.priya).get(f"{PLAN}revisions/1/source")
    assert answer.content == plan_text().encode()
    assert answer["Content-Disposition"] == 'attachment; filename="orders-v3.yaml"'


def test_a_private_plan_is_not_there_for_others(there: World) -> None:
    save(there)
    Rollout.objects.update(visibility="private")
    stranger = Person.objects.create_user("stranger@example.test", name="Stranger")
    for path in (PLAN, f"{PLAN}edit/", f"{PLAN}compare/", f"{PLAN}revisions/1/source"):
        assert signed_in(stranger).get(path).status_code == 404
        assert Client().get(path).status_code == 302


@pytest.mark.parametrize("query", ["?revision=9", "?revision=x"])
def test_a_revision_that_is_not_there_is_not_found(there: World, query: str) -> None:
    save(there)
    assert signed_in(there.mina).get(PLAN + query).status_code == 404


@pytest.mark.parametrize("kind", ["gradual", "contract", "empty", "other"])
def test_every_template_says_only_what_is_to_be_filled_in(there: World, kind: str) -> None:
    answer = signed_in(there.mina).get(f"/plans/new/?template={kind}")
    assert answer.status_code == 200
    text = answer.context["form"]["source"].value()
    filled = text
    for gap, word in (("<service>", "orders"), ("<consumer>", "orders"), ("<team>", "orders")):
        filled = filled.replace(gap, word)
    filled = filled.replace("<you@example.com>", there.mina.email)
    errors = [
        one for one in services.validate(source=filled.encode()).errors if "contract" not in one.message
    ]
    assert errors == []


def test_a_plan_is_begun_with_that_of_another_rollout(there: World) -> None:
    save(there)
    text = signed_in(there.mina).get("/plans/new/?from=orders-v3").context["form"]["source"].value()
    assert "name: orders-v3-next" in text
    assert post(there, "/plans/new/", text, save="1").status_code == 302
    assert Rollout.objects.filter(slug="orders-v3-next").exists()
    Rollout.objects.update(visibility="private")
    stranger = Person.objects.create_user("stranger@example.test", name="Stranger")
    assert signed_in(stranger).get("/plans/new/?from=orders-v3").status_code == 404


def test_a_right_that_was_taken_after_the_page_was_loaded_is_refused(there: World) -> None:
    save(there)
    digest = Revision.objects.get().digest
    Membership.objects.filter(person=there.mina).delete()
    answer = post(there, f"{PLAN}edit/", longer(plan_text()), base=digest, save="1")
    assert answer.status_code == 403
    assert Revision.objects.count() == 1

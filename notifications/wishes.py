"""What people chose to hear, and by which way; what must arrive takes one way at least."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from notifications.audience import slack_users
from notifications.models import Preference
from notifications.values import DEFAULTS, WISHED, Topic, Way
from rollouts.accounts.models import Person
from rollouts.lib.refusals import Refusal

ALWAYS = frozenset({Topic.NEEDS_ME})
"""What is asked of somebody reaches them by one way at least."""


class Refused(Refusal):
    """Nothing was changed."""


@dataclass(frozen=True)
class Ways:
    """How one person is told. `slack_user` is empty where Slack is not wanted or cannot be."""

    mail: bool
    slack_user: str


def chosen(person: Person) -> dict[Topic, tuple[Way, ...]]:
    """What this person chose, with the defaults for the rest."""
    row = Preference.objects.filter(person=person).first()
    return {topic: _of(row.ways if row else {}, topic) for topic in Topic}


def _of(saved: Mapping[str, list[str]], topic: Topic) -> tuple[Way, ...]:
    if topic.value not in saved:
        return DEFAULTS[topic]
    return tuple(way for way in WISHED if way.value in saved[topic.value])


def choose(person: Person, wanted: Mapping[Topic, Collection[Way]]) -> dict[Topic, tuple[Way, ...]]:
    """Saves the ways of the topics given; the others stay. Raises Refused."""
    for topic in ALWAYS & wanted.keys():
        if not wanted[topic]:
            raise Refused(
                topic.value,
                _("What is asked of you must reach you."),
                _("Choose one way at least."),
            )
    row, _made = Preference.objects.get_or_create(person=person)
    row.ways |= {topic.value: [way.value for way in WISHED if way in ways] for topic, ways in wanted.items()}
    row.save(update_fields=["ways"])
    return chosen(person)


def ways(people: Iterable[Person], topic: Topic, *, surely: Collection[int] = ()) -> dict[int, Ways]:
    """How each of these people is told, by person. Who chose Slack and has none there is told by mail."""
    rows = list(people)
    saved = dict(Preference.objects.filter(person__in=rows).values_list("person_id", "ways"))
    users = slack_users(rows)
    found = {}
    for person in rows:
        wanted = _of(saved.get(person.pk, {}), topic)
        user = users.get(person.pk, "") if Way.SLACK in wanted else ""
        must = topic in ALWAYS or person.pk in surely
        mail = Way.EMAIL in wanted or (not user and (must or Way.SLACK in wanted))
        found[person.pk] = Ways(mail, user)
    return found

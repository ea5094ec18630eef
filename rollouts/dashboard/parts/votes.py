"""Who voted on what is asked, and whether the reader is asked."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from rollouts.approvals.models import Request
from rollouts.approvals.values import Outcome
from rollouts.dashboard.standing import Standing
from rollouts.dashboard.values import VoteView
from rollouts.decisions.queries import RequestSeen


def heard(outcome: Outcome, names: Mapping[str, str]) -> str:
    """What the votes add up to, with the teams that must still be heard by their names."""
    missing = sorted(outcome.missing_teams)
    called = ", ".join(names.get(team, team) for team in missing)
    return outcome.sentence.replace(f"and {', '.join(missing)} must", f"and {called} must")


def votes_on(standing: Standing, requests: list[Request]) -> list[VoteView]:
    """Who voted on these requests, each once, and whether the reader is asked."""
    found: dict[tuple[int, str], VoteView] = {}
    for vote in (vote for asked in requests for vote in asked.votes.all() if vote.voided_at is None):
        yes = vote.ballot == "approve"
        word, tone = (_("Approved"), "pass") if yes else (_("Rejected"), "stop")
        teams = standing.called(*vote.teams)
        seen = VoteView(vote.person.name, teams, word, tone, vote.reason, vote.at)
        found.setdefault((vote.person_id, vote.ballot), seen)
    asking = asks_reader(standing, requests)
    if asking and not any(person == standing.person.pk for person, _ballot in found):
        at = min(each.opened_at for each in asking)
        return [*found.values(), VoteView(standing.person.name, _("you"), _("Asked"), at=at)]
    return list(found.values())


def asks_reader(standing: Standing, requests: list[Request]) -> list[RequestSeen]:
    """Those of the requests that the reader may vote on, who did not write what they are about."""
    ids, reader = {str(asked.pk) for asked in requests}, standing.seen.actor
    return [
        each
        for each in standing.seen.requests
        if each.id in ids
        and each.may_vote.get(reader)
        and (revision := standing.seen.revision(each.revision)) is not None
        and reader not in revision.authors
    ]

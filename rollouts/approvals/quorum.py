"""What votes add up to under the policy that was in force when they were asked for. Pure."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime

from rollouts.approvals.values import Ballot, Outcome, Policy, Standing, Vote


def outcome(
    policy: Policy, votes: Iterable[Vote], *, authors: Set[str], opened_at: datetime, now: datetime
) -> Outcome:
    """Where a request stands at `now`.

    One rejection blocks, also after the quorum was filled. A quorum that was filled in time stays
    filled; one that was not is expired from `opened_at + expires_after` on, that instant included.
    Votes that do not count (voided, by an author or for one, a second one by or for the same person)
    are left out here too, so that a vote that should not have been recorded never fills a quorum.
    """
    live = countable(votes, authors=authors)
    approving = [
        vote for vote in live if vote.ballot is Ballot.APPROVE and not _late(policy, opened_at, vote.at)
    ]
    heard: frozenset[str] = frozenset().union(*(vote.teams for vote in approving))
    missing = policy.required_teams - heard
    rejecting = [vote for vote in live if vote.ballot is Ballot.REJECT]
    if rejecting:
        standing = Standing.REJECTED
    elif len(approving) >= policy.quorum and not missing:
        standing = Standing.FILLED
    elif _late(policy, opened_at, now):
        standing = Standing.EXPIRED
    else:
        standing = Standing.OPEN
    sentence = _sentence(standing, len(approving), policy, missing, rejecting)
    return Outcome(standing, len(approving), policy.quorum, missing, sentence)


def _late(policy: Policy, opened_at: datetime, at: datetime) -> bool:
    return policy.expires_after is not None and at >= opened_at + policy.expires_after


def _sentence(
    standing: Standing, approvals: int, policy: Policy, missing: frozenset[str], rejecting: Sequence[Vote]
) -> str:
    count = f"{approvals} of {policy.quorum} approved"
    if standing is Standing.REJECTED:
        return f"Rejected by {rejecting[0].name or rejecting[0].person}; one rejection blocks."
    if standing is Standing.FILLED:
        return f"{count}."
    if missing:
        count += f", and {_listed(missing)} must still be heard"
    return f"{count}." if standing is Standing.OPEN else f"Expired with {count}."


def countable(votes: Iterable[Vote], *, authors: Set[str]) -> tuple[Vote, ...]:
    """The votes that count, in the order in which they were given.

    An author's rejection counts, an author's approval does not, nor one on behalf of an author. The
    first vote that names a person, as voter or as delegator, is that person's only one.
    """
    counted: list[Vote] = []
    named: set[str] = set()
    for vote in sorted(votes, key=lambda each: each.at):
        names = names_in(vote.person, vote.on_behalf_of)
        if vote.voided_at is not None or named & names:
            continue
        if vote.ballot is Ballot.APPROVE and names & authors:
            continue
        counted.append(vote)
        named |= names
    return tuple(counted)


def names_in(person: str, on_behalf_of: str | None) -> frozenset[str]:
    """Everybody whose vote it is: one hand never fills two places, nor does one mandate."""
    return frozenset({person} if on_behalf_of is None else {person, on_behalf_of})


def conflict(person: str, on_behalf_of: str | None, *, authors: Set[str]) -> str | None:
    """Why this person may not approve: a sentence, or None when nothing speaks against it."""
    if person in authors:
        return "You wrote this revision, and nobody approves their own."
    if on_behalf_of in authors:
        return "You would vote for a person who wrote this revision, and their conflict is yours."
    return None


def teams_for(policy: Policy, held: Mapping[str, Set[str]], *, owning: Set[str]) -> frozenset[str]:
    """The teams that a person's vote counts for; empty: the person may not vote.

    `held` are the person's roles by team; `owning` the teams that own a service in the rollout, which
    are asked when the policy names none. A required team is always asked.
    """
    asked = (policy.teams or frozenset(owning)) | policy.required_teams
    return frozenset(team for team in asked if policy.roles & held.get(team, frozenset()))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))

"""What votes add up to: quorum, rejection, required teams, expiry, and whose votes count."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.approvals.quorum import conflict, countable, names_in, outcome, teams_for
from rollouts.approvals.values import Ballot, Outcome, Policy, Standing, Vote

OPENED = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOBODY: frozenset[str] = frozenset()


def vote(
    person: str,
    minutes: int = 1,
    ballot: Ballot = Ballot.APPROVE,
    *,
    for_: str | None = None,
    teams: tuple[str, ...] = ("orders",),
    voided: bool = False,
) -> Vote:
    at = OPENED + timedelta(minutes=minutes)
    return Vote(person, ballot, at, for_, frozenset(teams), at if voided else None)


def stands(
    *votes: Vote, policy: Policy | None = None, authors: frozenset[str] = NOBODY, after: timedelta = HOUR
) -> Outcome:
    chosen = policy or Policy(quorum=2)
    return outcome(chosen, votes, authors=authors, opened_at=OPENED, now=OPENED + after)


def reject(person: str, minutes: int = 1, **more: bool) -> Vote:
    return vote(person, minutes, Ballot.REJECT, **more)  # type: ignore[arg-type]


def test_a_quorum_is_filled_by_enough_people_and_says_how_many() -> None:
    assert stands() == Outcome(Standing.OPEN, 0, 2, NOBODY, "0 of 2 approved.")
    assert stands(vote("ann")) == Outcome(Standing.OPEN, 1, 2, NOBODY, "1 of 2 approved.")
    both = stands(vote("ann"), vote("bob"))
    assert both == Outcome(Standing.FILLED, 2, 2, NOBODY, "2 of 2 approved.")
    assert stands(vote("ann"), vote("bob"), vote("cat")).standing is Standing.FILLED


def test_one_rejection_blocks_also_after_the_quorum_was_filled() -> None:
    found = stands(vote("ann"), vote("bob", 2), reject("cat", 3))
    assert (found.standing, found.approvals) == (Standing.REJECTED, 2)
    assert found.sentence == "Rejected by cat; one rejection blocks."
    assert stands(reject("cat", 3), reject("bob", 2)).sentence.startswith("Rejected by bob")


def test_a_voided_rejection_blocks_nobody() -> None:
    assert stands(vote("ann"), vote("bob"), reject("cat", voided=True)).standing is Standing.FILLED


def test_every_required_team_is_heard() -> None:
    policy = Policy(quorum=1, required_teams=frozenset({"legal", "billing"}))
    found = stands(vote("ann"), policy=policy)
    assert (found.standing, found.missing_teams) == (Standing.OPEN, frozenset({"legal", "billing"}))
    assert found.sentence == "1 of 1 approved, and billing, legal must still be heard."
    half = stands(vote("ann", teams=("legal",)), policy=policy)
    assert (half.standing, half.missing_teams) == (Standing.OPEN, frozenset({"billing"}))
    whole = stands(vote("ann", teams=("legal",)), vote("bob", teams=("billing",)), policy=policy)
    assert (whole.standing, whole.sentence) == (Standing.FILLED, "2 of 1 approved.")


def test_a_rejection_by_a_required_team_is_not_its_approval() -> None:
    policy = Policy(quorum=1, required_teams=frozenset({"legal"}))
    found = stands(vote("ann"), reject("bob"), policy=policy)
    assert (found.standing, found.missing_teams) == (Standing.REJECTED, frozenset({"legal"}))


def test_a_request_expires_at_the_instant_and_not_before() -> None:
    policy = Policy(quorum=2, expires_after=HOUR)
    just_before = HOUR - timedelta(microseconds=1)
    assert stands(vote("ann"), policy=policy, after=just_before).standing is Standing.OPEN
    found = stands(vote("ann"), policy=policy, after=HOUR)
    assert (found.standing, found.sentence) == (Standing.EXPIRED, "Expired with 1 of 2 approved.")
    assert stands(vote("ann"), policy=Policy(quorum=2), after=100 * HOUR).standing is Standing.OPEN


def test_expired_says_who_was_not_heard() -> None:
    policy = Policy(quorum=1, required_teams=frozenset({"legal"}), expires_after=HOUR)
    found = stands(vote("ann"), policy=policy, after=2 * HOUR)
    assert found.sentence == "Expired with 1 of 1 approved, and legal must still be heard."


def test_a_quorum_that_was_filled_in_time_stays_filled_and_late_votes_fill_nothing() -> None:
    policy = Policy(quorum=2, expires_after=HOUR)
    assert stands(vote("ann"), vote("bob", 59), policy=policy, after=9 * HOUR).standing is Standing.FILLED
    late = stands(vote("ann"), vote("bob", 60), policy=policy, after=9 * HOUR)
    assert (late.standing, late.approvals) == (Standing.EXPIRED, 1)


def test_a_late_rejection_still_blocks() -> None:
    policy = Policy(quorum=1, expires_after=HOUR)
    assert stands(vote("ann"), reject("bob", 70), policy=policy, after=2 * HOUR).standing is Standing.REJECTED


def test_authors_do_not_approve_their_own_nor_does_anybody_for_them() -> None:
    authors = frozenset({"ann"})
    assert stands(vote("ann"), vote("bob"), authors=authors).approvals == 1
    assert stands(vote("dee", for_="ann"), vote("bob"), authors=authors).approvals == 1
    assert stands(vote("ann", for_="bob"), authors=authors).approvals == 0
    assert stands(reject("ann"), authors=authors).standing is Standing.REJECTED


def test_one_person_is_one_vote_whoever_gives_it() -> None:
    assert stands(vote("ann"), vote("ann", 2)).approvals == 1
    assert stands(vote("dee", for_="ann"), vote("ann", 2)).approvals == 1
    assert stands(vote("dee", for_="ann"), vote("dee", 2)).approvals == 1
    assert stands(vote("dee", for_="ann"), vote("eve", 2, for_="ann")).approvals == 1
    assert stands(vote("dee", for_="ann"), vote("dee", 2, for_="bob")).approvals == 1


def test_the_earliest_vote_of_a_person_counts_and_a_voided_one_frees_the_place() -> None:
    first, second = reject("ann", 1), vote("ann", 2)
    assert countable([second, first], authors=NOBODY) == (first,)
    assert countable([vote("ann", 1, voided=True), second], authors=NOBODY) == (second,)
    own = vote("ann", 1)
    assert countable([own, reject("ann", 2)], authors=frozenset({"ann"})) == (reject("ann", 2),)


def test_names_and_conflicts() -> None:
    assert names_in("ann", None) == {"ann"}
    assert names_in("dee", "ann") == {"dee", "ann"}
    authors = frozenset({"ann"})
    assert conflict("ann", None, authors=authors) == (
        "You wrote this revision, and nobody approves their own."
    )
    assert "their conflict is yours" in str(conflict("dee", "ann", authors=authors))
    assert conflict("dee", None, authors=authors) is None
    assert conflict("dee", "bob", authors=authors) is None


@pytest.mark.parametrize(
    ("policy", "held", "asked"),
    [
        (Policy(), {"orders": {"approver"}, "legal": {"approver"}}, {"orders"}),
        (Policy(), {"orders": {"viewer", "planner"}}, set()),
        (Policy(teams=frozenset({"legal"})), {"orders": {"approver"}, "legal": {"approver"}}, {"legal"}),
        (Policy(required_teams=frozenset({"legal"})), {"legal": {"approver"}}, {"legal"}),
        (
            Policy(teams=frozenset({"ops"}), required_teams=frozenset({"legal"})),
            {"ops": {"approver"}, "legal": {"approver"}, "orders": {"approver"}},
            {"ops", "legal"},
        ),
        (Policy(roles=frozenset({"breaker"})), {"orders": {"approver"}}, set()),
        (Policy(roles=frozenset({"breaker", "approver"})), {"orders": {"breaker"}}, {"orders"}),
    ],
)
def test_teams_for_which_a_vote_counts(policy: Policy, held: dict[str, set[str]], asked: set[str]) -> None:
    assert teams_for(policy, held, owning={"orders"}) == asked


@given(
    st.lists(
        st.builds(
            vote,
            st.sampled_from("abcd"),
            st.integers(0, 90),
            st.sampled_from(Ballot),
            for_=st.sampled_from([None, None, "a", "e"]),
            voided=st.booleans(),
        ),
        max_size=8,
    ),
    st.sets(st.sampled_from("abe")),
)
def test_whatever_is_cast_no_one_counts_twice_and_no_author_approves(
    votes: list[Vote], authors: set[str]
) -> None:
    counted = countable(votes, authors=authors)
    names = [name for each in counted for name in names_in(each.person, each.on_behalf_of)]
    assert len(names) == len(set(names))
    assert all(each.voided_at is None for each in counted)
    approving = [each for each in counted if each.ballot is Ballot.APPROVE]
    assert not authors & {name for each in approving for name in names_in(each.person, each.on_behalf_of)}
    found = outcome(Policy(quorum=2), votes, authors=authors, opened_at=OPENED, now=OPENED)
    assert (found.standing is Standing.REJECTED) == any(each.ballot is Ballot.REJECT for each in counted)
    assert found.standing is not Standing.FILLED or found.approvals >= 2

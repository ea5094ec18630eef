"""The chain, without a database: each way of tampering is named, at its event."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.audit.chain import GENESIS, Link, check, content_digest, link_hash

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
STREAM = "rollout:orders-v3"


def link(seq: int, previous: str, *, kind: str = "rollout.held", digest: str = "d") -> Link:
    at = AT + timedelta(minutes=seq)
    hash_ = link_hash(stream=STREAM, seq=seq, kind=kind, at=at, digest=digest, previous=previous)
    return Link(STREAM, seq, kind, at, digest, previous, hash_)


def chain(length: int) -> list[Link]:
    links: list[Link] = []
    for seq in range(1, length + 1):
        links.append(link(seq, links[-1].hash if links else GENESIS))
    return links


def faults(links: list[Link], *, of: list[Link] | None = None) -> list[tuple[str, int, str]]:
    """What is found when the head is that of `of`."""
    whole = links if of is None else of
    found = check(STREAM, links, head_seq=len(whole), head_hash=whole[-1].hash if whole else GENESIS)
    assert all(fault.stream == STREAM for fault in found)
    return [(fault.what, fault.seq, fault.sentence) for fault in found]


def test_a_whole_chain_and_an_empty_one_have_no_faults() -> None:
    assert faults(chain(5)) == []
    assert faults([]) == []
    assert "0" * hashlib.sha256().digest_size * 2 == GENESIS


def test_a_changed_event_is_named() -> None:
    links = chain(4)
    links[1] = replace(links[1], kind="rollout.halted")
    assert faults(links) == [("changed", 2, "Event 2 was changed after it was written.")]


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "x"},
        {"digest": "e"},
        {"at": AT},
        {"stream": "rollout:other"},
        {"hash": "0" * 64},
    ],
)
def test_every_field_is_covered(changed: dict[str, str]) -> None:
    links = chain(1)
    links[0] = replace(links[0], **changed)  # type: ignore[arg-type]
    assert faults(links, of=chain(1))[0][:2] == ("changed", 1)


def test_a_removed_event_is_named_and_several_are_counted() -> None:
    links = chain(6)
    assert faults([*links[:2], *links[3:]], of=links) == [("removed", 3, "Event 3 is missing.")]
    assert faults([*links[:1], *links[4:]], of=links) == [("removed", 2, "Events 2 to 4 are missing.")]
    assert faults(links[1:], of=links) == [("removed", 1, "Event 1 is missing.")]


def test_an_event_that_was_cut_off_the_end_is_named() -> None:
    links = chain(5)
    assert faults(links[:3], of=links) == [("cut_off", 4, "Events 4 to 5 are cut off the end.")]
    assert faults([], of=links) == [("cut_off", 1, "Events 1 to 5 are cut off the end.")]


def test_an_event_past_the_head_is_named() -> None:
    links = chain(5)
    assert faults(links, of=links[:4]) == [("inserted", 5, "Events after 4 were added past the head.")]


def test_an_event_that_stands_twice_is_named() -> None:
    links = chain(3)
    twice = [links[0], links[1], links[1], links[2]]
    assert faults(twice, of=links) == [("inserted", 2, "Event 2 stands twice or out of order.")]


def test_events_that_were_swapped_are_named() -> None:
    links = chain(4)
    swapped = [links[0], links[2], links[1], links[3]]
    assert [(what, seq) for what, seq, _ in faults(swapped, of=links)] == [
        ("removed", 2),
        ("inserted", 2),
        ("removed", 3),
    ]


def test_events_whose_numbers_were_exchanged_are_named_with_their_places() -> None:
    links = chain(4)
    exchanged = [links[0], replace(links[2], seq=2), replace(links[1], seq=3), links[3]]
    assert faults(exchanged) == [
        ("reordered", 2, "Event 2 was written as event 3."),
        ("reordered", 3, "Event 3 was written as event 2."),
        ("reordered", 4, "Event 4 does not follow the event before it."),
    ]


def test_an_event_that_was_put_in_between_shows_by_those_that_it_moved() -> None:
    links = chain(3)
    forged = link(2, links[0].hash, digest="forged")
    moved = [replace(each, seq=each.seq + 1) for each in links[1:]]
    assert faults([links[0], forged, *moved], of=links) == [
        ("reordered", 3, "Event 3 was written as event 2."),
        ("reordered", 4, "Event 4 was written as event 3."),
        ("inserted", 4, "Events after 3 were added past the head."),
    ]


def test_a_forged_event_in_between_is_named_as_inserted() -> None:
    links = chain(3)
    forged = replace(links[0], seq=2, kind="forged")
    moved = [replace(each, seq=each.seq + 1) for each in links[1:]]
    assert faults([links[0], forged, *moved], of=links)[:2] == [
        ("inserted", 2, "Event 2 was put where another event was written."),
        ("reordered", 3, "Event 3 was written as event 2."),
    ]


def test_an_event_that_was_moved_far_is_named_with_its_place() -> None:
    links = chain(9)
    far = [replace(links[8], seq=1), *links[1:8], replace(links[0], seq=9)]
    assert [fault for fault in faults(far, of=links) if fault[1] in (1, 9)] == [
        ("reordered", 1, "Event 1 was written as event 9."),
        ("reordered", 9, "Event 9 was written as event 1."),
        ("changed", 9, "The stream's end is not the recorded head at event 9."),
    ]


def test_a_chain_that_was_computed_anew_from_the_middle_is_named() -> None:
    links = chain(4)
    forged = link(3, "f" * 64)
    assert faults([*links[:2], forged, link(4, forged.hash)]) == [
        ("reordered", 3, "Event 3 does not follow the event before it.")
    ]


def test_a_chain_that_was_computed_anew_to_its_end_meets_another_head() -> None:
    links = chain(2)
    forged = [links[0], link(2, links[0].hash, kind="rollout.resumed")]
    assert faults(forged, of=links) == [
        ("changed", 2, "The stream's end is not the recorded head at event 2.")
    ]


def test_the_digest_of_content_is_that_of_salt_and_bytes() -> None:
    salt = "00ff" * 8
    assert (
        content_digest(salt=salt, canonical=b"{}") == hashlib.sha256(bytes.fromhex(salt) + b"{}").hexdigest()
    )


def test_a_link_is_hashed_over_its_length_prefixed_parts() -> None:
    whole = b""
    for part in ("s", "7", "k", "2026-11-25T09:00:00.000000+00:00", "d", "p"):
        whole += len(part).to_bytes(8, "big") + part.encode()
    hashed = link_hash(stream="s", seq=7, kind="k", at=AT, digest="d", previous="p")
    assert hashed == hashlib.sha256(whole).hexdigest()


def test_parts_cannot_be_shifted_into_one_another() -> None:
    one = link_hash(stream="ab", seq=1, kind="c", at=AT, digest="d", previous="p")
    other = link_hash(stream="a", seq=1, kind="bc", at=AT, digest="d", previous="p")
    assert one != other


@given(st.integers(1, 8), st.data())
def test_any_one_change_of_a_chain_is_seen(length: int, data: st.DataObject) -> None:
    links = chain(length)
    place = data.draw(st.integers(0, length - 1))
    how = data.draw(st.sampled_from(["change", "remove", "repeat", "rewrite"]))
    broken = list(links)
    if how == "change":
        broken[place] = replace(links[place], digest="other")
    elif how == "remove":
        del broken[place]
    elif how == "repeat":
        broken.insert(place, links[place])
    else:
        broken[place] = link(place + 1, links[place].previous, digest="other")
    assert faults(broken, of=links)

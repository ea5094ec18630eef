"""Links into trace and log systems: what an operator may write, and what is filled in."""

from datetime import UTC, datetime

import pytest

from rollouts.lib.links import Link, Template, fill, read

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_places_are_filled_in_and_quoted() -> None:
    given = read(
        '{"Logs": "https://logs.test/q?s={service}&v={version}&e={environment}&from={from}&to={to_ms}"}'
    )
    (found,) = fill(given, service="a&b=c", environment="eu/1", version="3.0", since=AT, until=AT)
    assert found == Link(
        "Logs",
        "https://logs.test/q?s=a%26b%3Dc&v=3.0&e=eu%2F1&from=2026-03-02T09%3A00%3A00%2B00%3A00&to=1772442000000",
    )


def test_nothing_given_is_no_link_and_one_of_versions_needs_a_version() -> None:
    assert read("  ") == ()
    template = Template("Traces", "https://t.test/{service}/{version}")
    assert fill((template,), service="a", environment="e", since=AT, until=AT) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "no JSON"),
        ("[1]", "an object of names"),
        ('{"a": 1}', "an object of names"),
        ('{"a": "https://t.test/{person}"}', "no place {person}"),
        ('{"a": "https://t.test/{service"}', "a: "),
        ('{"a": "https://t.test/{service.__class__}"}', "no place"),
        ('{"a": "https://t.test/{}"}', "no place {}"),
        ('{"a": "javascript:alert(1)"}', "http:// or https://"),
        ('{"a": "https://{service}.test/"}', "host without places"),
        ('{"a": "/relative"}', "http:// or https://"),
    ],
)
def test_what_cannot_be_a_link_is_refused_with_what_to_mend(text: str, said: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the sentence is looked at
        read(text)
    assert said in str(refused.value)

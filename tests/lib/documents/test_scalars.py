import pytest

from rollouts.lib.documents.scalars import Ambiguous, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("0.02", 0.02),
        ("1e3", 1000.0),
        ("3.10.1", "3.10.1"),
        ("30s", "30s"),
        ("orders-v3", "orders-v3"),
        ("2.4.0", "2.4.0"),
        ("v017", "v017"),
    ],
)
def test_a_scalar_with_one_meaning_has_it(text: str, value: object) -> None:
    resolved = resolve(text, None)
    assert resolved == value
    assert type(resolved) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "yes", "No", "ON", "off", "2026-11-25", "2026-11-25T09:00", "2026-11-25 09:00:00", "10:30", "1:30:00",
        "017", "0o17", "0x1F", "0b11", "1_000", "+12", ".5", "5.", ".inf", "-.inf", ".nan", "08", "1e999",
        "9007199254740993", "1" * 5000,
    ],
)  # fmt: skip
def test_a_scalar_that_readers_read_differently_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(Ambiguous) as refused:
        resolve(text, "title")
    assert refused.value.remedy


def test_a_switch_word_is_plain_where_nothing_else_is_possible() -> None:
    plain = {"on_halt": {"off"}}
    assert resolve("off", "on_halt", plain) == "off"
    with pytest.raises(Ambiguous):
        resolve("on", "on_halt", plain)

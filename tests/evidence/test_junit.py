"""JUnit reports as test programs write them, and as somebody with other plans does."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.evidence.reports import junit
from rollouts.evidence.reports.values import Counts, NoEvidence, Unreadable

PYTEST = """<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests">
<testsuite name="pytest" errors="0" failures="1" skipped="1" tests="4" time="0.1"
 timestamp="2026-11-28T14:30:01.5+00:00" hostname="ci">
<testcase classname="tests.test_orders" name="test_reads" time="0.01"/>
<testcase classname="tests.test_orders" name="test_splits">
<failure message="no &amp; no">at line 3</failure></testcase>
<testcase classname="tests.test_orders" name="test_later"><skipped type="pytest.skip">no</skipped></testcase>
<testcase classname="tests.test_orders" name="test_writes"><system-out>hm</system-out></testcase>
</testsuite></testsuites>"""
SUREFIRE = """<testsuite name="com.shop.OrdersTest" tests="2" errors="1" skipped="0" failures="0">
<properties><property name="java" value="21"/></properties>
<testcase name="reads" classname="com.shop.OrdersTest"/>
<testcase name="writes" classname="com.shop.OrdersTest"><error type="IOException">x</error></testcase>
</testsuite>"""
ONLY_CASES = "<testsuite><testcase name='a'/><testcase name='b'/></testsuite>"
NESTED = """<testsuites tests="5" failures="0"><testsuite name="all" tests="5">
<testsuite name="one" tests="2" timestamp="2026-11-28T10:00:00"/>
<testsuite name="two" tests="3" failures="1"/>
</testsuite></testsuites>"""


def test_what_pytest_writes() -> None:
    found = junit.read(PYTEST.encode())
    assert found.counts == Counts(4, 1, 0, 1)
    assert (found.outcome, found.failed, found.title) == (
        "failed",
        ("tests.test_orders.test_splits",),
        "pytest tests",
    )
    assert found.at == datetime(2026, 11, 28, 14, 30, 1, 500_000, tzinfo=UTC)


def test_what_surefire_writes() -> None:
    found = junit.read(SUREFIRE.encode())
    assert (found.counts, found.failed) == (Counts(2, 0, 1, 0), ("com.shop.OrdersTest.writes",))


def test_cases_that_nobody_counted_count() -> None:
    assert junit.read(ONLY_CASES.encode()).counts == Counts(2)


def test_suites_within_suites_are_added_up_once_and_no_failure_is_lost() -> None:
    found = junit.read(NESTED.encode())
    assert (found.counts, found.outcome) == (Counts(5, 1), "failed")
    assert found.at == datetime(2026, 11, 28, 10, tzinfo=UTC)


def test_a_suite_that_claims_to_have_passed_has_failed_with_its_case() -> None:
    body = "<testsuite tests='1' failures='0'><testcase name='a'><failure/></testcase></testsuite>"
    assert junit.read(body.encode()).outcome == "failed"


@pytest.mark.parametrize(
    "body",
    [
        "<testsuites/>",
        "<testsuite tests='0'/>",
        "<testsuite tests='3' skipped='3'/>",
        "<testsuite tests='3' disabled='3'/>",
        "<testsuite><testcase name='a'><skipped/></testcase></testsuite>",
    ],
)
def test_none_that_ran_is_no_evidence(body: str) -> None:
    with pytest.raises(NoEvidence, match="No test was run"):
        junit.read(body.encode())


LAUGHS = """<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><testsuites name="&c;"><testsuite tests="1"/></testsuites>"""
OUTSIDE = """<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuites>&x;</testsuites>"""
REMOTE = """<!DOCTYPE t SYSTEM "http://127.0.0.1:9/x.dtd"><testsuites/>"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (LAUGHS, "document type"),
        (OUTSIDE, "document type"),
        (REMOTE, "document type"),
        ("<testsuite>" * 50_000, "nested more than 60 deep"),
        ("<testsuites>" + "<testsuite/>" * 200_001 + "</testsuites>", "more than 200,000 elements"),
        ("<testsuites>" + " " * 50_000_000 + "</testsuites>", "more than 5,000,000 bytes"),
        ("<html><body/></html>", "begins with <html>"),
        ("<testsuites>", "is no XML"),
        ("", "is no XML"),
        ("{}", "is no XML"),
        ("<testsuite tests='-1'/>", "is no number of tests"),
        ("<testsuite tests='1e9'/>", "is no number of tests"),
        ("<testsuite tests='99999999999999999999'/>", "is no number of tests"),
        ("<?xml version='1.0' encoding='nonsense'?><testsuites/>", "is no XML"),
    ],
    ids=lambda value: value[:30],
)
def test_what_may_do_harm_or_is_no_report_is_refused_with_a_sentence(body: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said) as refused:
        junit.read(body.encode())
    assert refused.value.remedy


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(body: bytes) -> None:
    with pytest.raises(Unreadable):
        junit.read(body)


@given(st.lists(st.sampled_from(["", "<failure/>", "<error/>", "<skipped/>"]), min_size=1, max_size=30))
def test_counts_are_those_of_the_cases(cases: list[str]) -> None:
    body = "".join(f"<testcase name='t{n}'>{inside}</testcase>" for n, inside in enumerate(cases))
    wanted = Counts(len(cases), cases.count("<failure/>"), cases.count("<error/>"), cases.count("<skipped/>"))
    if wanted.skipped == len(cases):
        with pytest.raises(NoEvidence):
            junit.read(f"<testsuite>{body}</testsuite>".encode())
        return
    found = junit.read(f"<testsuite>{body}</testsuite>".encode())
    assert found.counts == wanted
    assert (found.outcome == "failed") is bool(wanted.failures or wanted.errors)

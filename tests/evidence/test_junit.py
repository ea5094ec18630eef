"""JUnit reports as test programs write them, and as somebody with other plans does."""

from datetime import UTC, datetime
from itertools import count

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
    ("body", "said"),
    [
        ("<testsuites/>", "there is none in it"),
        ("<testsuite tests='0'/>", "there is none in it"),
        ("<testsuite tests='3' skipped='3'/>", "all 3 were skipped"),
        ("<testsuite tests='3' skips='3'/>", "all 3 were skipped"),
        ("<testsuite tests='3' skipped='1' disabled='2'/>", "all 3 were skipped"),
        ("<testsuite><testcase name='a'><skipped/></testcase></testsuite>", "all 1 were skipped"),
    ],
    ids=count(),
)
def test_none_that_ran_is_no_evidence(body: str, said: str) -> None:
    with pytest.raises(NoEvidence) as refused:
        junit.read(body.encode())
    assert refused.value.sentence == f"No test was run: {said}."
    assert refused.value.remedy == "Run the tests and send their report: none that ran is no evidence."


def test_one_that_ran_is_some() -> None:
    assert junit.read(b"<testsuite tests='3' skipped='2'/>").counts == Counts(3, 0, 0, 2)
    assert junit.read(b"<testsuite tests='3' skipped='1' skips='2'/>").counts.skipped == 2
    assert junit.read(b"<testsuite tests='10000000' failures=' '/>").counts.tests == 10_000_000


def test_a_report_may_have_so_many_elements() -> None:
    body = "<testsuites>" + "<testsuite tests='1'/>" * 199_999 + "</testsuites>"
    assert junit.read(body.encode()).counts.tests == 199_999


def test_names_and_times_are_as_the_report_says() -> None:
    body = f"""<r:testsuites xmlns:r="urn:x" name=" {"n" * 220}">
    <r:testsuite name="inner" timestamp="nonsense"><r:testcase><r:error/></r:testcase>
    <r:testcase classname="{"c" * 250}"><r:failure/><r:skipped/></r:testcase>
    <r:properties><r:error/></r:properties></r:testsuite></r:testsuites>"""
    found = junit.read(body.encode())
    assert (found.title, found.at) == ("n" * 200, None)
    assert found.failed == ("a test without a name", "c" * 200)
    assert found.counts == Counts(2, 1, 1, 1)
    cases = "".join(f"<testcase name='t{n}'><failure/></testcase>" for n in range(25))
    many = junit.read(f"<testsuite name='inner'>{cases}</testsuite>".encode())
    assert (many.title, many.failed) == ("inner", tuple(f"t{n}" for n in range(20)))
    assert junit.read(ONLY_CASES.encode()).title == ""


def test_the_newest_time_of_its_suites_counts() -> None:
    body = """<testsuites><testsuite tests="1" timestamp="2026-11-28T10:00:00Z"/>
    <testsuite tests="1" timestamp="2026-11-28T12:00:00+01:00"/></testsuites>"""
    assert junit.read(body.encode()).at == datetime(2026, 11, 28, 11, tzinfo=UTC)


WHOLE = "Send the report as the test program wrote it."
DOCTYPE = "The XML declares a document type or entities, which no report needs. Send it without <!DOCTYPE>."
LAUGHS = """<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><testsuites name="&c;"><testsuite tests="1"/></testsuites>"""
OUTSIDE = """<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuites>&x;</testsuites>"""
REMOTE = """<!DOCTYPE t SYSTEM "http://127.0.0.1:9/x.dtd"><testsuites/>"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (LAUGHS, DOCTYPE),
        (OUTSIDE, DOCTYPE),
        (REMOTE, DOCTYPE),
        ("<testsuite>" * 50_000, f"The report is nested more than 60 deep. {WHOLE}"),
        ("<testsuite>" * 61, f"The report is nested more than 60 deep. {WHOLE}"),
        (
            "<testsuites>" + "<testsuite/>" * 200_000 + "</testsuites>",
            "The report has more than 200,000 elements. Send it in parts.",
        ),
        (
            "<testsuites>" + " " * 50_000_000 + "</testsuites>",
            "The report has more than 5,000,000 bytes. Send it in parts.",
        ),
        ("<html><body/></html>", f"The XML begins with <html>, and is no JUnit report. {WHOLE}"),
        (f"<{'x' * 50}/>", f"The XML begins with <{'x' * 40}>, and is no JUnit report. {WHOLE}"),
        ("<testsuites>", f"The report is no XML: no element found: line 1, column 12. {WHOLE}"),
        ("", f"The report is no XML: no element found: line 1, column 0. {WHOLE}"),
        ("{}", f"The report is no XML: not well-formed (invalid token): line 1, column 0. {WHOLE}"),
        ("<testsuite tests='-1'/>", f"“-1” is no number of tests. {WHOLE}"),
        ("<testsuite failures='1e9'/>", f"“1e9” is no number of failures. {WHOLE}"),
        ("<testsuite disabled='no'/>", f"“no” is no number of disabled. {WHOLE}"),
        ("<testsuite skips='no'/>", f"“no” is no number of skips. {WHOLE}"),
        ("<testsuite tests='10000001'/>", f"“10000001” is no number of tests. {WHOLE}"),
        (f"<testsuite tests='{'9' * 30}'/>", f"“{'9' * 20}” is no number of tests. {WHOLE}"),
        (
            "<?xml version='1.0' encoding='nonsense'?><testsuites/>",
            f"The report is no XML: unknown encoding: nonsense. {WHOLE}",
        ),
    ],
    ids=count(),
)
def test_what_may_do_harm_or_is_no_report_is_refused_with_a_sentence(body: str, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        junit.read(body.encode())
    assert f"{refused.value.sentence} {refused.value.remedy}" == said
    assert str(refused.value) == refused.value.sentence


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

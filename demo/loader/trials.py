"""What the demo's people and pipelines have tried, and who signed that they are ready."""

from demo.loader.acting import who
from rollouts.audit.values import Face
from rollouts.contracts import services as contracts
from rollouts.contracts.models import Statement
from rollouts.contracts.values import Readiness
from rollouts.evidence import services as evidence
from rollouts.evidence.about import About, digest_of
from rollouts.evidence.reports import junit
from rollouts.evidence.reports.values import Counts, Report
from rollouts.evidence.values import Form, Kind, Outcome
from rollouts.plans.models import Rollout

CHECKOUT = About(
    Kind.CONTRACT_TEST, service="checkout", contract="orders-api", version="3", source="checkout-ci"
)
REPORT = b'<testsuite name="checkout against orders 3" tests="38" failures="0" errors="0" skipped="1"/>'
DRILL = About(
    Kind.DRILL,
    rollout="orders-v3",
    title="Taking orders 3.0.0 back",
    note="We took 3.0.0 back in the test environment: 40 s until nothing called it any more.",
)


def establish() -> None:
    """Sends each result and signs once; what is there already stays."""
    evidence.record(
        about=CHECKOUT,
        report=junit.read(REPORT),
        form=Form.JUNIT,
        digest=digest_of(REPORT),
        by=who("priya.natarajan"),
        face=Face.API,
    )
    if Rollout.objects.filter(slug=DRILL.rollout).exists():
        evidence.record(
            about=DRILL,
            report=Report(Outcome.PASSED, Counts()),
            form=Form.PAGE,
            digest=digest_of(DRILL.note.encode()),
            by=who("mina.okafor"),
            face=Face.PAGE,
        )
    if not Statement.objects.filter(source="sign_off").exists():
        contracts.sign_off(
            contract="orders-api",
            service="notifications",
            version="3",
            readiness=Readiness.READY,
            note="The e-mail shows the new fields since 4.1.",
            by=who("priya.natarajan"),
            face=Face.PAGE,
        )

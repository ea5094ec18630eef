"""Everything that a page does, the API does: the table of page action → endpoint."""

from typing import Any

import pytest
from django.urls import get_resolver, resolve
from django.urls.resolvers import URLPattern, URLResolver

PARITY = {
    "accounts:profile": ("PATCH", "me/"),
    "accounts:make_token": ("POST", "me/tokens/"),
    "accounts:revoke_token": ("DELETE", "me/tokens/1/"),
    "accounts:people": ("POST", "people/"),
    "accounts:set_active": ("PATCH", "people/1/"),
    "accounts:give_role": ("POST", "teams/x/roles/"),
    "accounts:take_role": ("DELETE", "teams/x/roles/"),
    "accounts:set_on_call": ("PUT", "teams/x/on-call/"),
    "approvals:policy": ("PUT", "policies/x/"),
    "approvals:delegations": ("POST", "delegations/"),
    "approvals:delegation-end": ("DELETE", "delegations/1/"),
    "catalog:file": ("POST", "catalog/"),
    "catalog:environment-new": ("PUT", "environments/x/"),
    "catalog:environment": ("PUT", "environments/x/"),
    "catalog:team-new": ("PUT", "catalog/teams/x/"),
    "catalog:team": ("PUT", "catalog/teams/x/"),
    "catalog:service-new": ("PUT", "services/x/"),
    "catalog:service": ("PUT", "services/x/"),
    "catalog:service-retire": ("DELETE", "services/x/"),
    "contracts:contract-new": ("PUT", "contracts/x/"),
    "contracts:contract-edit": ("PUT", "contracts/x/"),
    "contracts:contract-retire": ("DELETE", "contracts/x/"),
    "contracts:version-new": ("PUT", "contracts/x/versions/1/"),
    "contracts:version": ("PUT", "contracts/x/versions/1/"),
    "contracts:version-remove": ("DELETE", "contracts/x/versions/1/"),
    "contracts:consumer-new": ("PUT", "contracts/x/consumers/y/"),
    "contracts:consumer": ("PUT", "contracts/x/consumers/y/"),
    "contracts:consumer-remove": ("DELETE", "contracts/x/consumers/y/"),
    "contracts:consumer-parts": ("POST", "contracts/x/consumers/y/parts/"),
    "contracts:consumer-part-remove": ("DELETE", "contracts/x/consumers/y/parts/1/"),
    "contracts:document-new": ("PUT", "contracts/x/versions/1/document/"),
    "contracts:document-give": ("POST", "contracts/x/versions/1/document/fetch/"),
    "contracts:rules": ("PUT", "contracts/x/rules/"),
    "contracts:version-end": ("PUT", "contracts/x/versions/1/end/"),
    "contracts:version-retire": ("POST", "contracts/x/versions/1/retire/"),
    "gates:badges": ("PUT", "contracts/x/badges/"),
    "contracts:import-new": ("PUT", "imports/x/"),
    "contracts:import": ("PUT", "imports/x/"),
    "contracts:import-ask": ("POST", "imports/x/ask/"),
    "contracts:import-stop": ("DELETE", "imports/x/"),
    "contracts:readiness-sign": ("POST", "contracts/x/readiness/"),
    "contracts:dependencies": ("POST", "dependencies/"),
    "evidence:record": ("POST", "evidence/"),
    "health:edge-answer": ("POST", "edges/answers/"),
    "health:edge-take-back": ("DELETE", "edges/answers/1/"),
    "contracts:dependency-remove": ("DELETE", "dependencies/x/y/"),
    "dashboard:campaigns": ("POST", "campaigns/"),
    "dashboard:campaign-end": ("DELETE", "campaigns/1/"),
    "dashboard:decide": ("POST", "rollouts/x/decisions/"),
    "dashboard:tick": ("POST", "gates/1/ticks/"),
    "dashboard:retry_followup": ("POST", "rollouts/x/followups/1/retry/"),
    "engines:tokens": ("POST", "services/x/tokens/"),
    "engines:revoke": ("DELETE", "services/x/tokens/1/"),
    "escalations:acknowledge": ("POST", "escalations/1/acknowledge/"),
    "escalations:next": ("POST", "escalations/1/next/"),
    "escalations:policy-new": ("PUT", "escalation-policies/x/"),
    "escalations:policy": ("PUT", "escalation-policies/x/"),
    "escalations:policy-remove": ("DELETE", "escalation-policies/x/"),
    "health:source-new": ("PUT", "sources/x/"),
    "health:source": ("PUT", "sources/x/"),
    "health:prometheus-new": ("PUT", "sources/x/"),
    "health:probe-new": ("PUT", "probes/x/"),
    "health:probe-edit": ("PUT", "probes/x/"),
    "health:probe-secrets": ("PUT", "probes/x/secrets/"),
    "health:probe-run": ("POST", "probes/x/run/"),
    "health:probe-end": ("DELETE", "probes/x/"),
    "health:push-new": ("PUT", "sources/x/"),
    "health:switch": ("PUT", "sources/x/"),
    "health:access": ("PUT", "sources/x/access/"),
    "health:access-forget": ("DELETE", "sources/x/access/"),
    "health:signal-new": ("PUT", "sources/x/signals/y/"),
    "health:signal": ("PUT", "sources/x/signals/y/"),
    "health:signal-remove": ("DELETE", "sources/x/signals/y/"),
    "dashboard:backtest": ("POST", "rollouts/x/backtests/"),
    "health:slo-new": ("PUT", "slos/x/"),
    "health:slo-edit": ("PUT", "slos/x/"),
    "health:slo-end": ("DELETE", "slos/x/"),
    "health:slo-import": ("POST", "slos/import/"),
    "notifications:retry": ("POST", "deliveries/1/retry/"),
    "notifications:choosing": ("PATCH", "me/notifications/"),
    "notifications:webhook-new": ("POST", "webhooks/"),
    "notifications:webhook": ("PATCH", "webhooks/1/"),
    "notifications:webhook-secret": ("POST", "webhooks/1/secret/"),
    "notifications:webhook-switch": ("PATCH", "webhooks/1/"),
    "notifications:webhook-test": ("POST", "webhooks/1/test/"),
    "plans:new": ("PUT", "rollouts/x/plan/"),
    "plans:edit": ("PUT", "rollouts/x/plan/"),
    "plans:check": ("POST", "plans/check/"),
    "plans:freeze-new": ("POST", "freezes/"),
    "plans:freeze": ("PUT", "freezes/1/"),
    "plans:freeze-lift": ("DELETE", "freezes/1/"),
    "reviews:section": ("PUT", "reviews/x/sections/summary/"),
    "reviews:new_item": ("POST", "reviews/x/items/"),
    "reviews:item": ("PATCH", "reviews/x/items/1/"),
    "reviews:new_lesson": ("POST", "reviews/x/lessons/"),
    "reviews:lesson": ("PUT", "reviews/x/lessons/1/"),
    "reviews:remove_lesson": ("DELETE", "reviews/x/lessons/1/"),
    "reviews:assign": ("PATCH", "reviews/x/"),
    "reviews:act": ("POST", "reviews/x/actions/"),
    "statuspages:updates": ("POST", "rollouts/x/updates/"),
    "statuspages:answer": ("POST", "rollouts/x/feedback/1/answer/"),
    "statuspages:link": ("POST", "rollouts/x/link/"),
}

READS = {
    "dashboard:source_signals", "gates:answers", "gates:badge",
    "accounts:teams", "accounts:team", "approvals:policies", "catalog:schema", "catalog:home",
    "contracts:document", "contracts:document-source", "contracts:diff", "contracts:elements",
    "contracts:readiness", "evidence:evidence", "evidence:result",
    "contracts:contracts", "contracts:contract", "contracts:imports", "dashboard:home", "dashboard:rollouts",
    "dashboard:rollout", "dashboard:panel", "dashboard:agenda", "dashboard:campaign", "dashboard:log",
    "dashboard:services", "dashboard:service", "dashboard:home_panel", "dashboard:graph", "health:edges",
    "health:reach", "dashboard:search", "dashboard:gallery",
    "escalations:runs",
    "escalations:run", "escalations:policies", "health:sources", "health:slos", "health:probes",
    "health:probe",
    "health:slo", "notifications:deliveries",
    "notifications:webhooks", "dashboard:approval", "dashboard:chart", "dashboard:figure",
    "dashboard:gate", "dashboard:evidence_figure", "dashboard:trend", "dashboard:trend_figure",
    "plans:schema", "plans:freezes", "plans:plan", "plans:what-if",
    "plans:compare", "plans:source", "reviews:reviews", "reviews:review", "reviews:public",
    "reviews:versions", "statuspages:feedback", "statuspages:preview",
}  # fmt: skip
"""Pages that change nothing."""

BESIDE = {
    "dashboard:theme",  # a cookie of the reader's browser
    "engines:all_flags", "engines:one_flag",  # are an API themselves
    "notifications:slack", "notifications:slack_link",  # sign an account in, in the browser only
    "notifications:slack_interactions", "notifications:slack_command", "notifications:slack_events",
    "statuspages:write", "statuspages:letter",  # for people without an account
}  # fmt: skip


def _pages() -> set[str]:
    """The names of all addresses that packages bring, but the API's, sign-in's and public pages'."""
    found: set[str] = set()

    def walk(patterns: list[Any], space: str) -> None:
        for each in patterns:
            if isinstance(each, URLResolver):
                walk(each.url_patterns, f"{space}{each.namespace}:" if each.namespace else space)
            elif isinstance(each, URLPattern) and each.name and space and not space.startswith("api:"):
                found.add(f"{space}{each.name}")

    walk(get_resolver().url_patterns, "")
    return {
        name for name in found if not name.startswith("statuspages:") or name in PARITY | READS_AND_BESIDE
    }


READS_AND_BESIDE = dict.fromkeys(READS | BESIDE)


def test_every_page_that_does_something_stands_in_the_table() -> None:
    assert _pages() - PARITY.keys() - READS - BESIDE == set()
    assert (PARITY.keys() | READS) - _pages() == set()


@pytest.mark.parametrize(("page", "method", "path"), [(p, m, a) for p, (m, a) in PARITY.items()])
def test_the_api_has_an_endpoint_for_what_the_page_does(page: str, method: str, path: str) -> None:
    view = resolve(f"/api/v1/{path}").func
    cls = getattr(view, "cls", None) or getattr(view, "view_class", None)
    assert cls is not None, page
    assert hasattr(cls, method.lower()), f"{page}: {cls.__name__} has no {method}"

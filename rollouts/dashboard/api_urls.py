"""Addresses under /api/v1/."""

from django.urls import path

from rollouts.dashboard import (
    api,
    api_advice,
    api_agenda,
    api_contract_calls,
    api_exemplars,
    api_followups,
    api_graph,
    api_now,
    api_observed,
    api_trends,
)

urlpatterns = [
    path("graph/", api_graph.GraphView.as_view(), name="graph"),
    path("now/", api_now.Now.as_view(), name="now"),
    path("services/<slug:slug>/trend/", api_trends.ServiceTrend.as_view(), name="service-trend"),
    path(
        "services/<slug:slug>/contract-calls/",
        api_contract_calls.ContractCalls.as_view(),
        name="service-contract-calls",
    ),
    path(
        "services/<slug:service>/contracts/<slug:slug>/advice",
        api_advice.ContractAdvice.as_view(),
        name="contract-advice",
    ),
    path(
        "services/<slug:slug>/exemplars/", api_exemplars.ServiceExemplars.as_view(), name="service-exemplars"
    ),
    path("gates/<int:pk>/exemplars/", api_exemplars.GateExemplars.as_view(), name="gate-exemplars"),
    path("rollouts/<slug:slug>/agenda/", api_agenda.Agenda.as_view(), name="rollout-agenda"),
    path("rollouts/<slug:slug>/observed/", api_observed.RolloutObserved.as_view(), name="rollout-observed"),
    path("gates/<int:pk>/observed/", api_observed.GateObserved.as_view(), name="gate-observed"),
    path("services/<slug:slug>/observed/", api_observed.ServiceObserved.as_view(), name="service-observed"),
    path("search/", api.Search.as_view(), name="search"),
    path("rollouts/<slug:slug>/series/", api.RolloutSeries.as_view(), name="rollout-series"),
    path("rollouts/<slug:slug>/followups/", api_followups.Followups.as_view(), name="followups"),
    path(
        "rollouts/<slug:slug>/followups/<int:pk>/retry/",
        api_followups.RetryFollowup.as_view(),
        name="followup-retry",
    ),
]

"""Addresses of the pages that the dashboard composes."""

from django.urls import path

from rollouts.dashboard import (
    agenda,
    approval,
    backtest_page,
    campaign_page,
    charting,
    decide,
    gallery,
    gate_page,
    graph_page,
    home,
    listing,
    rollout,
    search,
    service_list,
    service_page,
    source_signals,
    theme,
    trend_page,
)

app_name = "dashboard"

urlpatterns = [
    path("", home.home, name="home"),
    path("panels/<slug:name>/", home.panel, name="home_panel"),
    path("rollouts/", listing.rollouts, name="rollouts"),
    path("rollouts/<slug:slug>/", rollout.rollout, name="rollout"),
    path("rollouts/<slug:slug>/panels/<slug:name>/", rollout.panel, name="panel"),
    path("rollouts/<slug:slug>/approval/", approval.approval, name="approval"),
    path("rollouts/<slug:slug>/agenda/", agenda.page, name="agenda"),
    path("rollouts/<slug:slug>/backtest/", backtest_page.backtest, name="backtest"),
    path("rollouts/<slug:slug>/charts/<int:gate>/", charting.chart, name="chart"),
    path("rollouts/<slug:slug>/charts/<int:gate>/figure/", charting.figure, name="figure"),
    path(
        "rollouts/<slug:slug>/charts/<int:gate>/evidence/", charting.evidence_figure, name="evidence_figure"
    ),
    path("rollouts/<slug:slug>/gates/<int:gate>/", gate_page.gate, name="gate"),
    path("rollouts/<slug:slug>/log/", rollout.log, name="log"),
    path("rollouts/<slug:slug>/decide/<slug:action>/", decide.decide, name="decide"),
    path("rollouts/<slug:slug>/gates/<int:gate>/tick/", rollout.tick, name="tick"),
    path("rollouts/<slug:slug>/followups/<int:pk>/retry/", rollout.retry_followup, name="retry_followup"),
    path("services/", service_list.services, name="services"),
    path("services/<slug:slug>/", service_page.service, name="service"),
    path("services/<slug:slug>/trends/<slug:name>/", trend_page.chart, name="trend"),
    path("services/<slug:slug>/trends/<slug:name>/figure/", trend_page.figure, name="trend_figure"),
    path("campaigns/", campaign_page.listing, name="campaigns"),
    path("campaigns/<int:pk>/", campaign_page.campaign, name="campaign"),
    path("campaigns/<int:pk>/end/", campaign_page.end, name="campaign-end"),
    path("graph/", graph_page.graph, name="graph"),
    path("sources/<slug:slug>/signals/", source_signals.signals, name="source_signals"),
    path("search/", search.search, name="search"),
    path("theme/", theme.theme, name="theme"),
    path("gallery/", gallery.gallery, name="gallery"),
]

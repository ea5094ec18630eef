"""Addresses under /api/v1/."""

from django.urls import path

from rollouts.plans import api, api_crossings, api_freezes, api_order, api_waves
from rollouts.plans.campaigns import api as campaigns
from rollouts.plans.whatif import api as whatif

urlpatterns = [
    path("freezes/", api_freezes.Freezes.as_view(), name="freezes"),
    path("freezes/<int:pk>/", api_freezes.OneFreeze.as_view(), name="freeze"),
    path("campaigns/", campaigns.Campaigns.as_view(), name="campaigns"),
    path("campaigns/<int:pk>/", campaigns.OneCampaign.as_view(), name="campaign"),
    path("what-if/", whatif.WhatIf.as_view(), name="what-if"),
    path("plans/check/", api.PlanCheck.as_view(), name="plan-check"),
    path("plans/order/", api_order.OrderCheck.as_view(), name="order-check"),
    path("plans/stages/", api_order.StagesProposed.as_view(), name="stages-propose"),
    path("plans/waves/", api_waves.Waves.as_view(), name="waves"),
    path("rollouts/<slug:slug>/plan/", api.PlanDocument.as_view(), name="plan"),
    path("rollouts/<slug:slug>/plan/revisions/", api.PlanRevisions.as_view(), name="plan-revisions"),
    path("rollouts/<slug:slug>/plan/differences/", api.PlanDifferences.as_view(), name="plan-differences"),
    path("rollouts/<slug:slug>/crossings/", api_crossings.Crossings.as_view(), name="crossings"),
    path("rollouts/<slug:slug>/plan/order/", api_order.PlanOrder.as_view(), name="plan-order"),
    path("rollouts/<slug:slug>/plan/waves/", api.PlanWaves.as_view(), name="plan-waves"),
]

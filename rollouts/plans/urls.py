"""Addresses of plans outside the API."""

from django.urls import path

from rollouts.plans import api
from rollouts.plans.pages import editing, freezing, reading
from rollouts.plans.whatif import pages as whatif

app_name = "plans"

urlpatterns = [
    path("schemas/plan/v1.json", api.schema, name="schema"),
    path("plans/new/", editing.new, name="new"),
    path("plans/check/", editing.check, name="check"),
    path("what-if/", whatif.what_if, name="what-if"),
    path("freezes/", freezing.listing, name="freezes"),
    path("freezes/new/", freezing.freeze, name="freeze-new"),
    path("freezes/<int:pk>/", freezing.freeze, name="freeze"),
    path("freezes/<int:pk>/lift/", freezing.lift, name="freeze-lift"),
    path("rollouts/<slug:slug>/plan/", reading.plan, name="plan"),
    path("rollouts/<slug:slug>/plan/edit/", editing.edit, name="edit"),
    path("rollouts/<slug:slug>/plan/compare/", reading.compare, name="compare"),
    path("rollouts/<slug:slug>/plan/revisions/<int:number>/source", reading.source, name="source"),
]

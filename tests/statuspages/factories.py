"""Rollouts with public words, made through the door."""

from typing import Any

from rollouts.audit import services as audit
from rollouts.audit.models import Event
from rollouts.plans.models import Rollout
from tests.decisions.factories import World, decide, ready, rollout, running, world

SOURCE = """
apiVersion: gatehouse/v1
kind: Plan
name: {slug}
title: Inner title of {slug}
environment: production
rationale: An inner rationale.
owner: {{team: orders, person: mina@example.test}}
changes:
  - {{service: orders, from: "2.4.0", to: "3.0.0", flag: {slug}, public: New fields in every order}}
communication:
  visibility: {visibility}
  updates: {{every: 4h}}
{public}
stages:
  - name: canary
    title: Inner canary
    targets: [orders]
    exposure: {{percent: 25}}
    bake: 0s
    window: {{start: "2026-11-25T09:00", end: "2026-11-25T12:00", zone: Europe/Berlin}}
    public: {{title: One order in four, text: Some orders use the new fields.}}
    gates:
      entry: []
      exit:
        - name: inner-list
          title: Inner list
          kind: checklist
          observe: true
          settings: {{items: [a]}}
  - name: secret
    title: Inner secret step
    targets: [orders]
    exposure: {{percent: 50}}
    bake: 0s
  - name: all
    title: Inner all
    targets: [orders]
    exposure: {{percent: 100}}
    bake: 0s
    public: {{title: Every order, text: All orders use the new fields.}}
    gates:
      entry:
        - name: agreed
          title: Inner approval
          kind: approval
          on_fail: ask
          public: The people who answer for it agree
          settings: {{quorum: 2, teams: [orders]}}
risks:
  - {{id: r1, title: Inner risk, public: Labels that leave out the house number}}
  - {{id: r2, title: Inner secret risk}}
rollback:
  steps: [Inner flag off]
  expected_duration: 1m
  public: Going back takes a minute and loses no order.
"""
PUBLIC = """public:
  title: New order address format
  text: Orders store the address in separate fields."""


def source(slug: str, *, visibility: str = "public", public: str = PUBLIC) -> str:
    return SOURCE.format(slug=slug, visibility=visibility, public=public)


def public_rollout(slug: str = "orders-v3", *, state: str = "running", **more: Any) -> Rollout:
    """A rollout in `draft`, `running` or `ready`, whose plan has public words."""
    there = world()
    there.orders.public_name = "Orders"
    there.orders.save()
    if state == "draft":
        made = rollout(there, slug, source=source(slug, **more))
    else:
        made = running(there, slug, source=source(slug, **more))
    follow()
    made.refresh_from_db()
    return made


def follow() -> None:
    """Does what follows every event, as the workers and the ticker do."""
    for pk in Event.objects.order_by("pk").values_list("pk", flat=True):
        audit.follow_now(pk)


__all__ = ["World", "decide", "follow", "public_rollout", "ready", "source", "world"]

"""The three answers that open the page: Now, Why it waits, You can."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.dashboard import lamps, wording
from rollouts.dashboard.parts import deciding
from rollouts.dashboard.parts.rail import exposure_words
from rollouts.dashboard.standing import Standing, standing_of
from rollouts.dashboard.values import Answer, Answers
from rollouts.decisions.queries import Opening, capitalised, listed
from rollouts.plans.models import Rollout
from rollouts.plans.values import RolloutState, StageState


def context(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """See templates/dashboard/panels/answers.html."""
    standing = standing_of(request, rollout.slug)
    return {"answers": Answers(now(standing), why(standing), can(standing), why_word(standing))}


def now(standing: Standing) -> Answer:
    """Where it stands."""
    tone = lamps.lamp_of(standing.state).tone
    if standing.state in (RolloutState.DRAFT, RolloutState.PROPOSED, RolloutState.APPROVED):
        return Answer(before_start(standing), granted(standing), tone)
    if standing.state.ended or standing.current is None:
        event = standing.last("rollout." + standing.state.value)
        return Answer(ended(standing), event.content.get("sentence", "") if event else "", tone)
    stage, all_stages = standing.current, len(standing.stages)
    words = {"n": stage.number, "all": all_stages, "title": stage.title or stage.name}
    words["share"] = exposure_words(standing, stage.number)
    leads = {
        RolloutState.RUNNING: _("Stage %(n)s of %(all)s, %(title)s: %(share)s use the new version."),
        RolloutState.HELD: _("Held in stage %(n)s of %(all)s, %(title)s: %(share)s stay granted."),
        RolloutState.HALTED: _("Halted in stage %(n)s of %(all)s, %(title)s."),
    }
    lead = leads.get(standing.state, _("Stage %(n)s of %(all)s, %(title)s.")) % words
    return Answer(lead, f"{since(standing)} {granted(standing)}".strip(), tone)


def before_start(standing: Standing) -> str:
    """The first sentence of a rollout that has not begun."""
    number = standing.revision.number if standing.revision else 0
    return {
        RolloutState.DRAFT: _("Revision %(n)s is a draft; nobody was asked yet."),
        RolloutState.PROPOSED: _("Revision %(n)s is proposed."),
        RolloutState.APPROVED: _("Revision %(n)s is approved; nothing has begun."),
    }[standing.state] % {"n": number}


def ended(standing: Standing) -> str:
    """The first sentence of a rollout that has ended or is going back."""
    return {
        RolloutState.COMPLETED: _("Completed: everybody uses the new version."),
        RolloutState.ROLLING_BACK: _("Everything is being taken back."),
        RolloutState.ROLLED_BACK: _("Rolled back: nothing is granted."),
        RolloutState.ROLLBACK_FAILED: _("The rollback has not reached 0 %% in its time.").replace("%%", "%"),
        RolloutState.CLOSED: _("Closed."),
        RolloutState.CANCELLED: _("Cancelled before it started."),
    }.get(standing.state, str(standing.state.label))


def since(standing: Standing) -> str:
    """What the current stage does, and how far it is."""
    stage = standing.current
    if stage is None:
        return ""
    begun = stage.bake_started_at or stage.entered_at
    words = {"at": wording.moment(begun, now=standing.now, shape="near") if begun else ""}
    if standing.state is RolloutState.HALTED and stage.halted_at:
        words["at"] = wording.moment(stage.halted_at, now=standing.now, shape="near")
        return _("Halted at %(at)s UTC.") % words
    if stage.state == StageState.WAITING:
        return _("Warming up since %(at)s UTC.") % words
    if stage.state == StageState.BAKING:
        text = _("Baking since %(at)s UTC") % words
        if stage.needed_windows:
            done = min(stage.baked_windows, stage.needed_windows)
            counted = {"done": done, "all": stage.needed_windows}
            return f"{text}, " + _("%(done)s of %(all)s windows.") % counted
        return f"{text}."
    return _("Ready: it has baked.") if stage.state == StageState.READY else ""


def granted(standing: Standing) -> str:
    """What is granted now, in words."""
    number = standing.rollout.granted_stage
    if number is None:
        return _("Nothing is granted.")
    return _("%(share)s granted.") % {"share": exposure_words(standing, number)}


def why_word(standing: Standing) -> str:
    """The question of the second answer."""
    if standing.state in (RolloutState.HALTED, RolloutState.HELD):
        return _("Why it stopped")
    if standing.state.ended:
        return _("What follows")
    return _("Why it waits")


def why(standing: Standing) -> Answer:
    """What keeps it from the next step, and until when."""
    if standing.state in (RolloutState.HALTED, RolloutState.HELD):
        return stopped(standing)
    if standing.state.ended:
        return Answer(_("Nothing moves any more."), review(standing))
    if standing.state is RolloutState.ROLLING_BACK:
        detail = _("It is confirmed when the measured share of the new version reads 0.")
        lead, due = _("Traffic is leaving the new version."), standing.rollout.rollback_due_at
        return Answer(lead, detail, "back", due, _("It has time until"))
    if standing.state is RolloutState.ROLLBACK_FAILED:
        event = standing.last("rollout.rollback_failed")
        return Answer(
            _("A person has to look at it."), event.content.get("sentence", "") if event else "", "stop"
        )
    if standing.state is RolloutState.DRAFT:
        return Answer(_("It waits for a planner to propose it."), "", "wait")
    return waiting(standing.openings, standing)


def waiting(found: list[Opening], standing: Standing) -> Answer:
    """The open conditions as one sentence, the rest below."""
    if not found:
        lead = _("It waits for nothing but a decision.")
        if standing.seen.observe:
            return Answer(lead, _("Its gates only observe: none of them binds anybody."), "none")
        return Answer(lead, _("Every gate before the next step has passed."), "pass")
    tone = "stop" if any(each.code == "gates" and "fails" in each.sentence for each in found) else "wait"
    lead = capitalised(standing.titled(found[0].sentence)).rstrip(".") + "."
    if len(found) > 1:
        shown = {"n": len(found), "names": standing.titled(listed([f"“{each.name}”" for each in found[:4]]))}
        lead = (
            ngettext(
                "%(n)s condition is open: %(names)s.", "%(n)s conditions are open: %(names)s.", len(found)
            )
            % shown
        )
    detail = capitalised(standing.titled(listed([each.remedy for each in found[:3]]))).rstrip(".") + "."
    ends = standing.current.bake_ends_at if standing.current else None
    at = ends if ends and ends > standing.now else None
    return Answer(lead, detail, tone, at, _("The bake ends") if at else "")


def stopped(standing: Standing) -> Answer:
    """Who or what stopped it, in the words of the log, and what speaks against going on."""
    kind = "rollout.halted" if standing.state is RolloutState.HALTED else "rollout.held"
    event = standing.last(kind)
    lead = event.content.get("sentence", "") if event else _("It was stopped.")
    parts = []
    shown = (event.content.get("shown") or {}) if event else {}
    if shown.get("sentence"):
        parts.append(shown["sentence"])
    if event and event.content.get("reason"):
        parts.append(f"“{event.content['reason']}”")
    if standing.openings:
        names = standing.titled(listed([f"“{each.name}”" for each in standing.openings[:4]]))
        parts.append(_("Against going on: %(names)s.") % {"names": names})
    tone = "stop" if standing.state is RolloutState.HALTED else "wait"
    return Answer(standing.titled(lead).split(". ")[0].rstrip(".") + ".", " ".join(parts), tone)


def review(standing: Standing) -> str:
    """Whether a review is asked for."""
    if standing.rollout.review_cause:
        cause = standing.rollout.review_cause
        return _("A review was opened by the %(cause)s.") % {"cause": cause}
    return ""


def can(standing: Standing) -> Answer:
    """What the reader can do, the most fitting first."""
    bar = deciding.bar(standing)
    offered = [act for act in (*bar.acts, *bar.more, *([bar.halt] if bar.halt else [])) if act.allowed]
    if not offered:
        refused = next((act.why_not for act in bar.acts if act.why_not), "")
        return Answer(_("You can read this, and decide nothing now."), bar.who_can or refused)
    lead = _("%(word)s.") % {"word": offered[0].word.rstrip("…")}
    others = [act.word.rstrip("…").lower() for act in offered[1:5]]
    detail = _("Also: %(words)s.") % {"words": listed(others)} if others else ""
    refused = next((act.why_not for act in bar.acts if not act.allowed), "")
    return Answer(lead, f"{detail} {refused}".strip())

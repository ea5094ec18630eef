from django.apps import AppConfig


class GatesConfig(AppConfig):
    name = "rollouts.gates"
    label = "gates"

    def ready(self) -> None:
        from rollouts.audit.registry import DueWork, Follower, due_work, followers
        from rollouts.contracts.registry import answers
        from rollouts.gates import awaiting, forgetting
        from rollouts.gates.backtest import asking, running
        from rollouts.gates.baselines import recording
        from rollouts.gates.judges.budget import Budget
        from rollouts.gates.judges.compare import Compare
        from rollouts.gates.judges.last_week import LastWeek
        from rollouts.gates.judges.limit import Limit
        from rollouts.gates.judges.limit_e import LimitE
        from rollouts.gates.kinds.approval import Approval
        from rollouts.gates.kinds.checklist import Checklist
        from rollouts.gates.kinds.composite import Composite
        from rollouts.gates.kinds.contract import Contract
        from rollouts.gates.kinds.error_budget import ErrorBudget
        from rollouts.gates.kinds.evidence import Evidence
        from rollouts.gates.kinds.exposure import Exposure
        from rollouts.gates.kinds.health import Health
        from rollouts.gates.kinds.metric import Metric
        from rollouts.gates.kinds.schedule import Schedule
        from rollouts.gates.questions import answering, following
        from rollouts.gates.registry import judges, kinds
        from rollouts.plans.registry import verbs

        judges.register("limit", Limit())
        judges.register("limit-e", LimitE())
        judges.register("compare", Compare())
        judges.register("budget", Budget())
        judges.register("last-week", LastWeek())
        asked = (Approval(), Schedule(), Checklist())
        for kind in (
            Metric(),
            Exposure(),
            *asked,
            Composite(),
            Contract(),
            Evidence(),
            Health(),
            ErrorBudget(),
        ):
            kinds.register(kind.name, kind)
        verbs.register("backtest", running.run)
        due_work.register("gates.backtests", DueWork("gates.backtests", asking.due, asking.carry_on, batch=1))
        followers.register("gates.baselines", Follower("gates.baselines", recording.wants, recording.follow))
        due_work.register(
            "gates.baselines", DueWork("gates.baselines", recording.due, recording.record, batch=1)
        )
        followers.register("gates.contracts", Follower("gates.contracts", following.wants, following.follow))
        followers.register("gates.evidence", Follower("gates.evidence", awaiting.wants, awaiting.follow))
        due_work.register(
            "gates.comparisons", DueWork("gates.comparisons", following.due, following.compare, batch=1)
        )
        answers.register("gates", answering.answer_of)
        due_work.register(
            "gates.verdicts",
            DueWork("gates.verdicts", forgetting.due, forgetting.keep, batch=5),
        )

from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    name = "rollouts.decisions"
    label = "decisions"

    def ready(self) -> None:
        from rollouts.audit.registry import DueWork, due_work
        from rollouts.decisions import batches, judging, services
        from rollouts.health.registry import listeners
        from rollouts.plans.registry import verbs

        due_work.register(
            "decisions.rollouts",
            DueWork("decisions.rollouts", judging.due_rollouts, judging.run_rollout, batch=10),
        )
        due_work.register(batches.WORK, DueWork(batches.WORK, batches.due, judging.work_off, batch=1))
        listeners.register("decisions", judging.after_windows)
        verbs.register("save_plan", services.save_plan)
        verbs.register("decide", services.decide)
        verbs.register("propose", services.propose)

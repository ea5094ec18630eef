from django.apps import AppConfig


class StatuspagesConfig(AppConfig):
    name = "rollouts.statuspages"
    label = "statuspages"

    def ready(self) -> None:
        from rollouts.audit.registry import DueWork, Follower, due_work, followers
        from rollouts.lib import inbox, panels
        from rollouts.statuspages import desk, following, services

        followers.register("statuspages", Follower("statuspages", following.wants, following.follow))
        due_work.register(
            "statuspages.pages", DueWork("statuspages.pages", following.due_pages, following.run_page)
        )
        due_work.register(
            "statuspages.updates",
            DueWork("statuspages.updates", following.due_updates, services.ask_for_update),
        )
        due_work.register(
            "statuspages.first_site",
            DueWork("statuspages.first_site", following.due_first_site, following.run_first_site),
        )
        panels.panels.register("readers", desk.PANEL)
        inbox.sources.register("readers", desk.inbox)

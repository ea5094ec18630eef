from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "rollouts.reviews"
    label = "reviews"

    def ready(self) -> None:
        from rollouts.audit.registry import DueWork, Follower, due_work, followers
        from rollouts.lib import inbox, learned, panels, search
        from rollouts.reviews import following, queries, showing

        followers.register("reviews", Follower("reviews", following.wants, following.follow))
        due_work.register(
            "reviews.overdue", DueWork("reviews.overdue", following.due_reviews, following.remind_of_review)
        )
        due_work.register(
            "reviews.items", DueWork("reviews.items", following.due_items, following.remind_of_item)
        )
        learned.lessons.register("reviews", queries.lessons_for)
        learned.harms.register("reviews", queries.harms)
        learned.public_reviews.register("reviews", queries.public_review)
        panels.panels.register("review", showing.PANEL)
        inbox.sources.register("reviews", showing.inbox)
        search.finders.register("reviews", showing.find)
        search.finders.register("lessons", showing.find_lessons)

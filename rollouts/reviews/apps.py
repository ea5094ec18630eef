from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "rollouts.reviews"
    label = "reviews"

"""The part of the API about reviews."""

from django.urls import path

from rollouts.reviews import api

urlpatterns = [
    path("reviews/", api.Reviews.as_view(), name="reviews"),
    path("reviews/<slug:slug>/", api.OneReview.as_view(), name="review"),
    path("reviews/<slug:slug>/actions/", api.Act.as_view(), name="review-actions"),
    path("reviews/<slug:slug>/timeline/", api.Timeline.as_view(), name="review-timeline"),
    path("reviews/<slug:slug>/sections/<slug:section>/", api.OneSection.as_view(), name="review-section"),
    path(
        "reviews/<slug:slug>/sections/<slug:section>/versions/",
        api.Versions.as_view(),
        name="review-section-versions",
    ),
    path("reviews/<slug:slug>/items/", api.Items.as_view(), name="review-items"),
    path("reviews/<slug:slug>/items/<int:pk>/", api.OneItem.as_view(), name="review-item"),
    path("reviews/<slug:slug>/lessons/", api.Lessons.as_view(), name="review-lessons"),
    path("reviews/<slug:slug>/lessons/<int:pk>/", api.OneLesson.as_view(), name="review-lesson"),
    path("reviews/<slug:slug>/comments/", api.Comments.as_view(), name="review-comments"),
    path("lessons/", api.AllLessons.as_view(), name="lessons"),
]

"""The pages of reviews."""

from django.urls import path

from rollouts.reviews.pages import reading, writing

app_name = "reviews"
urlpatterns = [
    path("reviews/", reading.reviews, name="reviews"),
    path("reviews/<slug:slug>/", reading.review, name="review"),
    path("reviews/<slug:slug>/public/", reading.public, name="public"),
    path("reviews/<slug:slug>/sections/<slug:section>/", writing.section, name="section"),
    path("reviews/<slug:slug>/sections/<slug:section>/versions/", reading.versions, name="versions"),
    path("reviews/<slug:slug>/items/", writing.new_item, name="new_item"),
    path("reviews/<slug:slug>/items/<int:pk>/", writing.item, name="item"),
    path("reviews/<slug:slug>/lessons/", writing.new_lesson, name="new_lesson"),
    path("reviews/<slug:slug>/lessons/<int:pk>/", writing.lesson, name="lesson"),
    path("reviews/<slug:slug>/lessons/<int:pk>/remove/", writing.remove_lesson, name="remove_lesson"),
    path("reviews/<slug:slug>/assign/", writing.assign, name="assign"),
    path("reviews/<slug:slug>/do/<slug:verb>/", writing.act, name="act"),
]

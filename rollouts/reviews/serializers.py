"""What the API says and takes about reviews."""

from typing import Any

from rest_framework import serializers

from rollouts.accounts.models import Person
from rollouts.reviews.models import ActionItem, Comment, Lesson, Review, Section, SectionVersion
from rollouts.reviews.values import ItemKind, ItemState


class ByEmail(serializers.SlugRelatedField[Person]):
    """A person by e-mail."""

    def __init__(self, **more: Any) -> None:
        if not more.get("read_only"):
            more.setdefault("queryset", Person.objects.filter(is_active=True))
        super().__init__(slug_field="email", **more)


class SectionOut(serializers.ModelSerializer[Section]):
    class Meta:
        model = Section
        fields = ("name", "internal", "public", "version", "edited_at", "edited_by")


class SectionIn(serializers.Serializer[Any]):
    """`version` is the one that was read."""

    version = serializers.IntegerField()
    internal = serializers.CharField(required=False, allow_blank=True)
    public = serializers.CharField(required=False, allow_blank=True)


class SectionVersionOut(serializers.ModelSerializer[SectionVersion]):
    class Meta:
        model = SectionVersion
        fields = ("number", "internal", "public", "author_name", "at")


class ActionItemOut(serializers.ModelSerializer[ActionItem]):
    owner = ByEmail(read_only=True)

    class Meta:
        model = ActionItem
        fields = ("id", "title", "kind", "owner", "due_on", "state", "link", "created_at", "settled_at")


class ItemIn(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=300)
    kind = serializers.ChoiceField(choices=ItemKind.choices(), required=False)
    owner = ByEmail(required=False, allow_null=True)
    due_on = serializers.DateField(required=False, allow_null=True)
    link = serializers.URLField(required=False, allow_blank=True, max_length=500)
    state = serializers.ChoiceField(choices=ItemState.choices(), required=False)


class LessonOut(serializers.ModelSerializer[Lesson]):
    services = serializers.SlugRelatedField[Any](slug_field="slug", many=True, read_only=True)
    rollout = serializers.CharField(source="review.rollout.slug", read_only=True)

    class Meta:
        model = Lesson
        fields = ("id", "rollout", "title", "text", "services", "public", "at")


class LessonIn(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=200)
    text = serializers.CharField(required=False, allow_blank=True)
    services = serializers.ListField(child=serializers.SlugField(), min_length=1)
    public = serializers.BooleanField(required=False)


class CommentOut(serializers.ModelSerializer[Comment]):
    class Meta:
        model = Comment
        fields = ("id", "author_name", "text", "at")


class CommentIn(serializers.Serializer[Any]):
    text = serializers.CharField()


class ReviewRow(serializers.ModelSerializer[Review]):
    rollout = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    author = ByEmail(read_only=True)
    reviewer = ByEmail(read_only=True)
    open_items = serializers.IntegerField(read_only=True)

    class Meta:
        model = Review
        fields = (
            "rollout",
            "cause",
            "required",
            "state",
            "author",
            "reviewer",
            "due_at",
            "opened_at",
            "submitted_at",
            "reviewed_at",
            "closed_at",
            "published",
            "harmful",
            "open_items",
        )


class ReviewOut(ReviewRow):
    sections = SectionOut(many=True, read_only=True)
    items = ActionItemOut(many=True, read_only=True)
    lessons = LessonOut(many=True, read_only=True)
    comments = CommentOut(many=True, read_only=True)

    class Meta(ReviewRow.Meta):
        fields = (  # type: ignore[assignment]
            *ReviewRow.Meta.fields,
            "impact",
            "measured_at",
            "sections",
            "items",
            "lessons",
            "comments",
        )


class ArrangeIn(serializers.Serializer[Any]):
    author = ByEmail(required=False)
    due_at = serializers.DateTimeField(required=False)


class ActIn(serializers.Serializer[Any]):
    action = serializers.ChoiceField(
        choices=[
            *("submit", "return", "approve", "close", "measure"),
            *("publish", "unpublish", "harmful", "harmless"),
        ]
    )
    reason = serializers.CharField(required=False, allow_blank=True, default="")


class ReviewEventOut(serializers.Serializer[Any]):
    seq = serializers.IntegerField()
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    actor = serializers.CharField(source="actor.name")
    face = serializers.CharField()
    sentence = serializers.CharField(source="content.sentence", default="")
    reason = serializers.CharField(source="content.reason", default="")
    shown = serializers.JSONField(source="content.shown", default=None)

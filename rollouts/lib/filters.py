"""Filters of the API's lists."""

from typing import Any

from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

PAGING = frozenset({"page", "page_size"})


class StrictFilters(DjangoFilterBackend):  # type: ignore[misc]
    """Refuses what it does not know: a misspelt filter must not give the whole list."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        """As DjangoFilterBackend, or raises ValidationError.

        A view that reads parameters itself names them in `asks`.
        """
        filterset = self.get_filterset_class(view, queryset)
        own = set(filterset.base_filters) if filterset else set()
        known = own | PAGING | set(getattr(view, "asks", ()))
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            there_are = f"There are: {', '.join(sorted(known))}."
            raise ValidationError({name: [f"There is no such filter. {there_are}"] for name in unknown})
        return super().filter_queryset(request, queryset, view)

"""What operators and their probes ask: alive, ready, and counters."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

_migrated = False


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """The process can serve: the database answers and its schema is this code's."""
    global _migrated
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _migrated:
            executor = MigrationExecutor(connection)
            pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
            if pending:
                return JsonResponse({"ready": False, "why": "Migrations are pending."}, status=503)
            _migrated = True
    except Exception as error:  # noqa: BLE001 - a probe answers whatever went wrong
        return JsonResponse({"ready": False, "why": f"The database does not answer: {error}"}, status=503)
    return JsonResponse({"ready": True})

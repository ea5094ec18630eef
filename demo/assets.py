"""The few files that the pages of the demo share: style, fonts, scripts."""

from pathlib import Path

from demo.httpd import Response

FOLDER = Path(__file__).parent / "static" / "demo"
PREFIX = "/static/"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
}


def serve(path: str) -> Response:
    """The file that `path` names, 404 when it is none of ours."""
    name = path.removeprefix(PREFIX)
    content_type = _TYPES.get(Path(name).suffix)
    if content_type is None or name not in _names():
        return Response.text("No such file.\n", 404)
    return Response(200, (FOLDER / name).read_bytes(), content_type, (("Cache-Control", "max-age=60"),))


def _names() -> set[str]:
    return {path.name for path in FOLDER.iterdir() if path.is_file()}

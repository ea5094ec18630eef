import socket
from collections.abc import Callable

import pytest

from demo.fleet.calls import Client
from demo.httpd import MAX_BODY_BYTES, Handler, Hangup, HttpServer, Request, Response

Serve = Callable[[Handler], HttpServer]


@pytest.fixture
def serve(request: pytest.FixtureRequest) -> Serve:
    def start(handler: Handler) -> HttpServer:
        server = HttpServer(handler)
        server.start()
        request.addfinalizer(server.close)
        return server

    return start


def raw(server: HttpServer, text: bytes) -> bytes:
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_two_requests_share_a_connection(serve: Serve) -> None:
    server = serve(lambda request: Response.text(request.path))
    answer = raw(server, b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.endswith(b"/b")


def test_a_head_request_has_no_body(serve: Serve) -> None:
    server = serve(lambda _request: Response.text("body"))
    assert raw(server, b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").endswith(b"\r\n\r\n")


def test_a_failing_handler_answers_500_and_the_server_lives_on(serve: Serve) -> None:
    def fail(request: Request) -> Response:
        if request.path == "/fail":
            raise LookupError("as told")
        return Response.text("fine")

    client = Client(serve(fail).url, timeout_s=5)
    assert client.call("GET", "/fail").status == 500
    assert client.call("GET", "/").body == b"fine"
    client.close()


def test_a_hangup_closes_the_connection_without_an_answer(serve: Serve) -> None:
    def hang_up(_request: Request) -> Response:
        raise Hangup

    client = Client(serve(hang_up).url, timeout_s=5)
    assert client.call("POST", "/", body=b"x").outcome == "error"
    client.close()


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b"Transfer-Encoding: chunked", b"411"),
        (b"Content-Length: many", b"411"),
        (b"Content-Length: %d" % (MAX_BODY_BYTES + 1), b"413"),
    ],
)
def test_bodies_of_unknown_or_excessive_length_are_refused(
    serve: Serve, header: bytes, status: bytes
) -> None:
    answer = raw(serve(lambda _request: Response.text("")), b"POST / HTTP/1.1\r\n%s\r\n\r\n" % header)
    assert answer.startswith(b"HTTP/1.1 " + status)


def test_half_a_request_reaches_no_handler(serve: Serve) -> None:
    """Its sender was killed while it wrote."""
    asked: list[Request] = []

    def note(request: Request) -> Response:
        asked.append(request)
        return Response.text("fine")

    server = serve(note)
    assert raw(server, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf") == b""
    assert asked == []


def test_a_closed_server_gives_its_port_back(serve: Serve) -> None:
    first = serve(lambda _request: Response.text("first"))
    first.close()
    second = HttpServer(lambda _request: Response.text("second"), port=first.port)
    second.start()
    assert raw(second, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").endswith(b"second")
    second.close()

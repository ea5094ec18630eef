import json

import pytest

from demo.fleet.calls import Client
from demo.receiver import Receiver


def test_requests_are_recorded_with_headers_and_body() -> None:
    with Receiver() as receiver:
        client = Client(receiver.url, timeout_s=5)
        body = json.dumps({"a": 1}).encode()
        assert client.call("POST", "/hook?x=1", body=body, headers={"Idempotency-Key": "7"}).status == 200
        client.close()
        (received,) = receiver.wait_for(1)
    assert (received.method, received.path, received.query) == ("POST", "/hook", {"x": "1"})
    assert received.headers["idempotency-key"] == "7"
    assert received.body == body


def test_it_fails_drops_delays_and_refuses_as_told() -> None:
    with Receiver() as receiver:
        client = Client(receiver.url, timeout_s=0.3)
        receiver.fail_next(status=503, headers=(("Retry-After", "9"),))
        failed = client.call("POST", "/", body=b"1")
        assert (failed.status, failed.headers["retry-after"]) == (503, "9")
        receiver.drop_reply_next(2)
        assert client.call("POST", "/", body=b"2").outcome == "error"
        receiver.delay(0.6)
        assert client.call("POST", "/", body=b"3").outcome == "timeout"
        receiver.delay(0)
        receiver.refuse()
        assert client.call("POST", "/", body=b"4").outcome == "refused"
        receiver.start()
        assert client.call("POST", "/", body=b"5").status == 200
        client.close()
        assert {request.body for request in receiver.requests()} == {b"1", b"2", b"3", b"5"}


def test_waiting_for_too_many_requests_ends() -> None:
    with Receiver() as receiver, pytest.raises(TimeoutError, match="0 of 1"):
        receiver.wait_for(1, timeout_s=0.05)

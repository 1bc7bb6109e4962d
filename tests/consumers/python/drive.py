"""Uploads a video, plays it and deletes it with the generated client: drive.py SCHEMAS

STACK names a stack's stack.json, CLIP a video. The client is used as generated."""

import json
import os
import secrets
import sys
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import client as package
import httpx
from client import AuthenticatedClient, models, types
from client.api.responses import delete_response, get_response, list_step, request_upload
from client.models.deletion_receipt import DeletionReceipt
from client.models.gateway_message import GatewayMessage
from client.models.issued_upload import IssuedUpload
from client.models.post_upload import PostUpload
from client.models.problem import Problem
from client.models.response_page import ResponsePage
from client.models.upload_request import UploadRequest
from client.models.video_response import VideoResponse
from item import read_item

T = TypeVar("T")

PROJECT = "demo"
DEADLINE = 90.0


def expect(kind: type[T], answer: object) -> T:
    """Returns an answer of the expected type."""
    assert isinstance(answer, kind), f"expected {kind.__name__}, not {answer}"
    return answer


def until(what: str, probe: Callable[[], T | None]) -> T:
    """Polls at growing intervals until there is a value."""
    end, interval = time.monotonic() + DEADLINE, 0.1
    while (value := probe()) is None:
        assert time.monotonic() < end, f"{what}: not within {DEADLINE:.0f} s"
        time.sleep(interval)
        interval = min(interval * 1.5, 2)
    return value


class Owner:
    """An owner who looks after the responses of one step."""

    def __init__(self, stack: dict[str, Any]) -> None:
        self.url = stack["api_url"]
        self.http = httpx.Client(trust_env=False, timeout=30)
        self.client = AuthenticatedClient(
            base_url=self.url,
            token=stack["token"],
            timeout=httpx.Timeout(30),
            raise_on_unexpected_status=True,
            httpx_args={"trust_env": False},
        )
        # A step that no other test uses, so that its list has our responses alone.
        self.step = 1000 + secrets.randbelow(9000)

    def request(self, size: int) -> str:
        """Requests an upload for a new respondent and returns the email; the answer of the API is in `issued`."""
        email = f"ann-{secrets.token_hex(8)}@example.com"
        body = UploadRequest(email=email, content_type="video/mp4", size=size)
        answer = request_upload.sync(PROJECT, self.step, client=self.client, body=body)
        self.issued = expect(IssuedUpload, answer)
        assert self.issued.response.email == email, self.issued
        return email

    def post(self, video: bytes) -> None:
        """Posts the video with the fields of the form, the file last."""
        form = expect(PostUpload, self.issued.upload)
        sent = self.http.post(form.url, data=form.fields.to_dict(), files={"file": video})
        assert sent.status_code == HTTPStatus.NO_CONTENT, sent.text

    def response(self, email: str) -> VideoResponse | None:
        answer = get_response.sync(PROJECT, self.step, email, client=self.client)
        if isinstance(answer, Problem):
            assert answer.type_ == "urn:video-responses:problem:no-such-response", answer
            return None
        return expect(VideoResponse, answer)

    def ready(self, email: str) -> VideoResponse | None:
        response = self.response(email)
        assert response is None or response.status not in ("failed", "expired"), response
        return response if response is not None and response.status == "ready" else None

    def listed(self) -> list[str]:
        """Lists the emails of the step, one response a page."""
        emails: list[str] = []
        page = expect(ResponsePage, list_step.sync(PROJECT, self.step, client=self.client, limit=1))
        while True:
            emails += [response.email for response in page.responses]
            if not page.cursor:
                return emails
            following = list_step.sync(PROJECT, self.step, client=self.client, limit=1, cursor=page.cursor)
            page = expect(ResponsePage, following)

    def play(self, response: VideoResponse) -> None:
        assert response.playback, response
        part = self.http.get(response.playback.url, headers={"range": "bytes=0-99"})
        assert part.status_code == HTTPStatus.PARTIAL_CONTENT, part.text
        assert part.headers["content-type"] == "video/mp4" and len(part.content) == 100, part.headers

    def delete(self, email: str) -> None:
        answer = delete_response.sync(PROJECT, self.step, email, client=self.client)
        assert expect(DeletionReceipt, answer).status == "deleting", answer
        left = self.response(email)
        assert left is None or left.status == "deleting", left

    def refused(self) -> None:
        """Sends requests that the API and API Gateway refuse: each answer has its own type."""
        assert self.response("nobody@example.com") is None, "a response that was never requested"
        stranger = AuthenticatedClient(base_url=self.url, token="invalid", httpx_args={"trust_env": False})
        expect(GatewayMessage, list_step.sync(PROJECT, self.step, client=stranger))
        body = UploadRequest(email="no email", content_type="video/mp4", size=1)
        problem = expect(Problem, request_upload.sync(PROJECT, self.step, client=self.client, body=body))
        assert problem.type_ == "urn:video-responses:problem:invalid-request", problem
        assert (problem.status, problem.field) == (400, "email"), problem


def check_names() -> None:
    """Checks that no model has a name of the client itself, which would hide it in the generated functions."""
    taken = set(models.__all__) & {*package.__all__, *types.__all__}
    assert not taken, f"names of models and of the client: {taken}"


def main(schemas: Path, stack: dict[str, Any], video: bytes) -> None:
    check_names()
    owner = Owner(stack)
    owner.refused()
    waiting = owner.request(len(video))
    email = owner.request(len(video))
    owner.post(video)
    response = until(f"{email} is ready", lambda: owner.ready(email))
    emails = until("both responses are listed", lambda: e if len(e := owner.listed()) == 2 else None)
    assert sorted(emails) == sorted([email, waiting]), emails
    owner.play(response)
    item = read_item(schemas, stack, f"{PROJECT}-{owner.step}", email)
    assert item.status and item.status.value == response.status, item
    assert response.upload and item.video == response.upload.key, item
    owner.delete(email)
    owner.delete(waiting)
    print(f"played and deleted {email}")


if __name__ == "__main__":
    stack = json.loads(Path(os.environ["STACK"]).read_text())
    main(Path(sys.argv[1]), stack, Path(os.environ["CLIP"]).read_bytes())

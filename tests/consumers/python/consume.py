"""Reads every example of the published documents through the generated models and writes it back: consume.py SCHEMAS"""

import sys
from pathlib import Path

from documents import Subject, kept, subjects, written
from models.video_response import ResponseStatus, VideoResponse
from pydantic import TypeAdapter

# Written without nulls: DynamoDB's JSON has none, and the user metadata of an engine's job is a map of texts.
NO_NULLS = {"dynamodb-item", "elastic-transcoder-notification", "media-convert-event"}


def round_trip(subject: Subject) -> None:
    """Reads the examples and writes them with and without nulls; both must be valid, and nothing may be lost."""
    assert subject.examples, "no examples"
    for example in subject.examples:
        subject.check(example)
        if subject.model is None:
            continue
        value = TypeAdapter(subject.model).validate_python(example)
        subject.check(written(value, exclude_none=True))
        if subject.name.split("#")[0] not in NO_NULLS:
            subject.check(written(value))
        again = written(value, exclude_unset=True)
        assert kept(example, again, exactly=not subject.is_taken), f"{example} became {again}"


def playback_url(response: VideoResponse) -> str | None:
    """Returns the URL of a ready response: the generated types suffice for code that a strict type checker accepts."""
    if response.status is ResponseStatus.ready and response.playback is not None:
        return str(response.playback.url)
    return None


def main(schemas: Path) -> int:
    """Checks every type; returns the number of types that fail."""
    failures = 0
    for subject in subjects(schemas):
        try:
            round_trip(subject)
        except Exception as error:
            failures += 1
            print(f"{subject.name}: {error}\n", file=sys.stderr)
        if subject.name == "video-response":
            for example in subject.examples:
                url = playback_url(VideoResponse.model_validate(example))
                assert url == example.get("playback", {}).get("url"), f"{url} is not the URL of {example}"
    return failures


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

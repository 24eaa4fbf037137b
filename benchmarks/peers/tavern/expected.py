"""What YAML cannot say of an answer: functions for $ext of test_smoke.tavern.yaml."""

from typing import Any


def tampered(response: Any) -> dict[str, str]:
    """The token, its signature changed."""
    token = response.json()["token"]
    return {"tampered": token[:-8] + token[-8:][::-1]}


def lives_long_enough(response: Any) -> None:
    assert 30 <= response.json()["ttl_seconds"] <= 3600


def shows_no_url(response: Any) -> None:
    assert "video_url" not in response.json()


def shows_a_url(response: Any) -> None:
    assert response.json()["video_url"]


def is_refused(response: Any) -> None:
    assert response.status_code != 200 or response.json()["success"] is False

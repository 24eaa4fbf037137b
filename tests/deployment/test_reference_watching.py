"""The reference deployment has stand-ins of Sentry and PostHog, in their documented shapes."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from deployed import Target, bearer

TOKENS = {"SENTRY_AUTH_TOKEN": "sentry-token", "POSTHOG_API_KEY": "posthog-key"}
ISSUES = "/api/0/organizations/divine-heroes/issues/"
QUERY = "/api/projects/7301/query/"
DOCUMENTED = {
    "id", "shortId", "title", "culprit", "level", "status", "substatus", "isUnhandled", "firstSeen", "lastSeen",
    "count", "userCount", "type", "metadata", "permalink", "project",
    "filtered", "lifetime",
}  # fmt: skip


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A deployment whose stand-ins let somebody in, and since when it is there."""
    began = datetime.now(UTC)
    target = Target(tmp_path_factory.mktemp("watched") / "log", **TOKENS).ready()
    yield target, began
    target.process.communicate()


def issues(target, token="sentry-token", path=ISSUES, project="-1", **query):
    return target.revenuecat.get(path, params={"project": project, **query}, headers=bearer(token))


def asked(target, hogql, key="posthog-key", path=QUERY, kind="HogQLQuery"):
    body = {"query": {"kind": kind, "query": hogql}}
    return target.revenuecat.post(path, json=body, headers=bearer(key))


def test_issues_have_their_documented_fields(watched):
    target, began = watched
    (first, *_) = found = issues(target, query='release:"1.0.0"').json()
    assert all(set(each) == DOCUMENTED for each in found)
    assert datetime.fromisoformat(first["lastSeen"]) >= began - timedelta(seconds=1)
    assert first["count"].isdigit()


def test_issues_come_page_by_page(watched):
    first = issues(watched[0], query="release:1.0.0")
    rel = dict(re.findall(r'rel="(\w+)"; results="(\w+)"', first.headers["Link"]))
    cursor = re.search(r'rel="next"; results="true"; cursor="([^"]+)"', first.headers["Link"])[1]
    second = issues(watched[0], query="release:1.0.0", cursor=cursor)
    last = dict(re.findall(r'rel="(\w+)"; results="(\w+)"', second.headers["Link"]))
    assert (rel, last) == ({"previous": "false", "next": "true"}, {"previous": "true", "next": "false"})
    assert len({each["id"] for each in [*first.json(), *second.json()]}) == 3


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"query": "release:0.9.0"}, 1),
        ({"query": "release:9.9.9"}, 0),
        ({"query": "is:resolved"}, 0),
        ({}, 2),
        ({"project": []}, 0),  # those of the token's owner, who is a member of none
    ],
)
def test_issues_are_searched(watched, query, number):
    assert len(issues(watched[0], **query).json()) == number


@pytest.mark.parametrize(
    ("asked_for", "status"),
    [
        ({"token": "wrong"}, 401),
        ({"path": "/api/0/organizations/others/issues/"}, 404),
        ({"project": "9"}, 403),
        ({"query": "colour:red"}, 400),
        ({"query": "release"}, 400),
    ],
)
def test_sentry_refuses(watched, asked_for, status):
    answer = issues(watched[0], **asked_for)
    assert (answer.status_code, list(answer.json())) == (status, ["detail"])


@pytest.mark.parametrize(("release", "status"), [("1.0.0", 200), ("0.9.0", 200), ("9.9.9", 404)])
def test_release_is_known_or_not(watched, release, status):
    answer = issues(watched[0], path=f"/api/0/organizations/divine-heroes/releases/{release}/")
    assert (answer.status_code, answer.json().get("version", release)) == (status, release)


def test_events_are_counted_on_eight_days(watched):
    target, began = watched
    begin, end = f"{began:%Y-%m-%dT%H:%M:%S.%fZ}", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    week = f"{began - timedelta(days=7):%Y-%m-%dT%H:%M:%S.%fZ}"
    answer = asked(
        target,
        f"SELECT event, countIf(timestamp >= toDateTime('{begin}') AND timestamp < toDateTime('{end}')) AS today, "
        f"count() AS week FROM events WHERE timestamp >= toDateTime('{week}') GROUP BY event ORDER BY event",
    ).json()
    assert answer["columns"] == ["event", "today", "week"]
    assert ["paywall_opened", 400, 3200] in answer["results"]


def test_an_answer_has_a_hundred_rows_unless_more_are_asked_for(watched):
    assert len(asked(watched[0], "SELECT event FROM events").json()["results"]) == 100
    assert len(asked(watched[0], "SELECT event FROM events LIMIT 150").json()["results"]) == 150


@pytest.mark.parametrize(
    ("asked_for", "status"),
    [
        ({"key": "wrong"}, 401),
        ({"path": "/api/projects/1/query/"}, 404),
        ({"hogql": "SELECT FROM"}, 400),
        ({"hogql": "DELETE FROM events"}, 400),
        ({"kind": "EventsQuery"}, 422),
    ],
)
def test_posthog_refuses(watched, asked_for, status):
    assert asked(watched[0], **{"hogql": "SELECT 1", **asked_for}).status_code == status


def test_without_a_token_of_its_own_a_stand_in_lets_nobody_in(target: Target):
    assert issues(target, token="any").status_code == 401
    assert asked(target, "SELECT 1", key="any").status_code == 401


def test_what_happens_is_of_the_moment_of_the_start(watched):
    later = f"{datetime.now(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S.%fZ}"
    answer = asked(watched[0], f"SELECT count() AS n FROM events WHERE timestamp >= toDateTime('{later}')")
    assert answer.json()["results"] == [[0]]

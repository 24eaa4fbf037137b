"""What Sentry and PostHog are asked after a deploy, and what is made of their answers."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from harness.errors import Unprovable
from harness.postdeploy.events import spans
from harness.postdeploy.posthog import PostHog, hogql
from harness.postdeploy.sentry import PAGES, Issue, Sentry
from harness.postdeploy.settings import PostHog as PostHogSettings
from harness.postdeploy.settings import Sentry as SentrySettings
from harness.target.fence import Fence
from runbook.signals import load_signals

SINCE = datetime(2026, 11, 24, 2, tzinfo=UTC)
SENTRY = SentrySettings(organization="heroes", projects=["1", "2"], environment="prod", token_env="TOKEN")
POSTHOG = PostHogSettings(project="7", key_env="KEY")
NEXT = '<https://elsewhere.invalid/x?cursor={0}>; rel="next"; results="{1}"; cursor="{0}"'


def issue(first="2026-11-01T00:00:00Z", **changes):
    """As Sentry lists it: seen before the deploy and since. Where a span of time is asked for, firstSeen is of it."""
    return {
        "id": "1",
        "title": "TypeError: x",
        "culprit": "arena/board.tsx",
        "level": "error",
        "status": "unresolved",
        "substatus": "ongoing",
        "isUnhandled": True,
        "firstSeen": "2026-11-24T02:10:00Z",
        "lifetime": {"firstSeen": first, "lastSeen": "2026-11-24T02:30:00Z", "count": "1200", "userCount": 9},
        "lastSeen": "2026-11-24T02:30:00.123456Z",
        "count": "12",
        "metadata": {"type": "TypeError", "value": "x", "sdk": {"name": "sentry.javascript"}},
        "permalink": None,
    } | changes


def inbox(reason, added):
    return {"reason": reason, "reason_details": None, "date_added": added}


def listed(body, cursor="0:2:0", more=False):
    """An answer of Sentry's with its Link header, as bytes after which the server hangs up."""
    content = json.dumps(body).encode()
    link = NEXT.format(cursor, str(more).lower())
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLink: {link}\r\nConnection: close\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(content) + content


@pytest.fixture
def ask(meet):
    """The issues that a Sentry has which speaks `answer`; what it was asked."""

    def ask(answer, version="1.4.2", settings=SENTRY, release=200, named=None, **sections):
        asked, named = [], [] if named is None else named

        async def speak(request):
            if "/releases/" in request.target:
                named.append(request)
                return release, {}
            asked.append(request)
            return answer(len(asked))

        async def work(meeting):
            origin = f"http://{meeting.url.netloc.decode()}"
            return await Sentry(meeting.transport, origin, settings, "t-o-k-e-n", version).issues(SINCE)

        return meet(speak, work, **sections), asked

    return ask


def test_sentry_is_asked_for_the_issues_of_the_release_since_the_deploy(ask):
    settings = SENTRY.model_copy(update={"release": "game@{version}"})
    _, (request,) = ask(lambda _: listed([]), settings=settings)
    place = urlsplit(request.target)
    query = parse_qs(place.query)
    assert (request.method, place.path) == ("GET", "/api/0/organizations/heroes/issues/")
    assert query.pop("end")[0] > "2026"
    assert query == {
        "query": ['release:"game@1.4.2"'],
        "start": ["2026-11-24T02:00:00.000000"],
        "limit": ["100"],
        "expand": ["inbox"],
        "project": ["1", "2"],
        "environment": ["prod"],
    }
    assert request.headers["authorization"] == "Bearer t-o-k-e-n"


def test_without_projects_all_are_meant_and_not_those_of_the_token_s_owner(ask):
    _, (request,) = ask(lambda _: listed([]), settings=SENTRY.model_copy(update={"projects": ()}))
    assert parse_qs(urlsplit(request.target).query)["project"] == ["-1"]


def test_every_page_is_read_from_the_origin_that_the_environment_names(ask):
    fresh = issue("2026-11-24T02:10:00Z")
    pages = {1: listed([issue()], "0:100:0", more=True), 2: listed([fresh])}
    found, asked = ask(pages.__getitem__)
    assert len(found.news) == 1
    assert [parse_qs(urlsplit(each.target).query).get("cursor") for each in asked] == [None, ["0:100:0"]]


@pytest.mark.parametrize(("page", "times"), [([], 1), ([issue()], 0)])
def test_release_without_an_issue_is_looked_up(ask, page, times):
    named = []
    ask(lambda _: listed(page), settings=SENTRY.model_copy(update={"release": "a b/@{version}"}), named=named)
    wanted = ["/api/0/organizations/heroes/releases/a%20b%2F%401.4.2/"] * times
    assert [each.target for each in named] == wanted
    assert {each.headers["authorization"] for each in named} <= {"Bearer t-o-k-e-n"}


def test_release_that_sentry_does_not_know_is_not_proven(ask):
    with pytest.raises(
        Unprovable, match=r"Sentry knows no release 1\.4\.2; mend postdeploy\.sentry\.release, or see"
    ):
        ask(lambda _: listed([]), release=404)


def test_trouble_at_the_release_says_nothing_of_it(ask):
    with pytest.raises(Unprovable, match="Sentry answered 503; run again"):
        ask(lambda _: listed([]), release=503)


def test_pages_come_to_an_end(ask):
    with pytest.raises(
        Unprovable, match=r"Sentry has more than 2000 issues; set postdeploy\.sentry\.projects"
    ):
        ask(lambda number: listed([], f"0:{number}:0", more=True))
    assert PAGES == 20


@pytest.mark.parametrize("status", [400, 401, 403, 404, 302])
def test_refusal_of_sentry_proves_nothing_and_names_the_keys(ask, status):
    with pytest.raises(
        Unprovable, match=rf"Sentry answered {status}; mend postdeploy.sentry \(origin, organ"
    ):
        ask(lambda _: (status, {"detail": "no"}))


@pytest.mark.parametrize("answer", [(500, {}), (503, {}), b""], ids=["500", "503", "hangs up"])
def test_trouble_of_sentry_says_nothing_of_the_release(ask, answer):
    with pytest.raises(Unprovable, match=r"Sentry (answered 50\d|gave no answer .*); run again"):
        ask(lambda _: answer)


@pytest.mark.parametrize(
    "body",
    [{"detail": "x"}, [{"id": "1"}], [issue(firstSeen="yesterday")], [issue(lastSeen="2026-11-24T02:30:00")]],
)
def test_what_is_no_list_of_issues_proves_nothing(ask, body):
    with pytest.raises(Unprovable, match=r"is no list of issues .*; mend postdeploy\.sentry \(origin"):
        ask(lambda _: (200, body))


def test_page_in_place_of_sentry_proves_nothing(ask):
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<title>Log in</title>"
    with pytest.raises(Unprovable, match=r"Sentry's answer cannot be read .*; mend postdeploy\.sentry"):
        ask(lambda _: page)


def test_release_without_a_name_is_not_proven(ask):
    with pytest.raises(Unprovable, match="the target names no version"):
        ask(lambda _: listed([]), version=None)


@pytest.mark.parametrize(
    ("changes", "news"),
    [
        ({}, None),
        ({"first": "2026-11-24T02:00:00Z"}, "new"),
        ({"first": "2026-11-24T04:10:00+02:00"}, "new"),
        ({"first": "2026-11-24T01:59:59Z", "substatus": "new"}, None),
        ({"lifetime": None}, "new"),
        ({"lifetime": None, "firstSeen": "2026-11-24T01:59:59Z"}, None),
        ({"substatus": "regressed"}, "regressed"),
        ({"substatus": "regressed", "inbox": None}, "regressed"),
        ({"substatus": "regressed", "inbox": inbox(2, "2026-11-24T02:00:00Z")}, "regressed"),
        ({"substatus": "regressed", "inbox": inbox(2, "2026-11-23T02:00:00Z")}, None),
        ({"substatus": "regressed", "inbox": inbox(0, "2026-11-23T02:00:00Z")}, "regressed"),
        ({"substatus": "escalating"}, None),
        ({"substatus": None}, None),
        ({"first": "2026-11-24T02:10:00Z", "status": "resolved"}, None),
        ({"first": "2026-11-24T02:10:00Z", "status": "ignored"}, None),
    ],
)
def test_new_or_regressed(changes, news):
    assert Issue.model_validate(issue(**changes)).news(SINCE) == news


def test_issue_that_was_not_seen_since_the_deploy_is_left_out(ask):
    gone = issue(substatus="regressed", lastSeen="2026-11-24T01:59:59Z")
    found, _ = ask(lambda _: listed([gone, issue(id="2", substatus="escalating")]))
    assert (found.news, len(found.listed), len(found.notes)) == ([], 1, 1)


PAGING = [
    ({"culprit": "app/_layout.tsx in RootLayout"}, 0),
    ({"metadata": {"filename": "src/session-provider.tsx"}, "level": "fatal"}, 0),
    ({"title": "RuntimeError: REVENUECAT_SECRET_KEY not configured"}, 1),
    ({"culprit": "purchases/buy.ts in buyPackage"}, 2),
    ({"title": "DecodeError: Not enough segments"}, 3),
    ({"title": "Error: the token could not be decoded"}, 3),
    ({"culprit": "app/_layout.tsx in RootLayout", "level": "warning"}, None),
    ({"title": "RuntimeError: dictionary changed size during iteration"}, None),
    ({"culprit": "purchases/buy.ts in buyPackage", "isUnhandled": False}, None),
    ({"culprit": "purchases/buy.ts in buyPackage", "level": "info"}, None),
    ({"title": "ExpiredSignatureError: Signature has expired"}, None),
    ({"title": "jwt.exceptions.DecodeError: Invalid header string"}, 3),
    ({"title": "JSONDecodeError: Expecting value", "culprit": "feed/refresh"}, None),
    ({"title": "UnicodeDecodeError: invalid start byte"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("changes", "kind"), PAGING)
@pytest.mark.parametrize("status", ["unresolved", "ignored", "resolved"])
def test_kinds_that_page_at_once_do_so_whatever_their_state(changes, kind, status):
    found = Issue.model_validate(issue(**changes, status=status))
    kinds = [nth for nth, each in enumerate(load_signals().page_at_once) if found.pages(each)]
    assert kinds[:1] == ([] if kind is None else [kind])  # some are of two kinds


# --- PostHog


@pytest.fixture
def count(meet):
    """What a PostHog counts that speaks `answer`, and what it was asked."""
    within = spans(SINCE, SINCE + timedelta(minutes=5), load_signals().window)[:2]

    def count(answer, only=None, **sections):
        asked = []

        async def speak(request):
            asked.append(request)
            return answer

        async def work(meeting):
            origin = f"http://{meeting.url.netloc.decode()}"
            counts = await PostHog(meeting.transport, origin, POSTHOG, "k-e-y").counts(
                ["a", "b"], within, only
            )
            return counts, list(meeting.ledger.entries)

        (counts, entries), request = meet(speak, work, **sections), asked[0]
        return counts, request, entries

    return count


def test_posthog_is_asked_one_hogql_query_which_is_no_write(count):
    counts, request, entries = count((200, {"columns": [], "results": [["a", 3, 4]]}))
    assert (request.method, request.target) == ("POST", "/api/projects/7/query/")
    assert request.headers["authorization"] == "Bearer k-e-y"
    query = json.loads(request.body)["query"]
    assert query["kind"] == "HogQLQuery"
    assert (counts.now("a"), counts.earlier("a"), counts.now("b"), counts.earlier("b")) == (3, [4], 0, [0])
    assert entries == []


def test_hogql_counts_each_span_and_looks_no_further():
    within = ((SINCE, SINCE + timedelta(hours=1)), (SINCE - timedelta(days=1), SINCE - timedelta(hours=23)))
    assert hogql(["a", "b"], within) == (
        "SELECT event, "
        "countIf(timestamp >= toDateTime('2026-11-24T02:00:00.000000Z') "
        "AND timestamp < toDateTime('2026-11-24T03:00:00.000000Z')) AS days_ago_0, "
        "countIf(timestamp >= toDateTime('2026-11-23T02:00:00.000000Z') "
        "AND timestamp < toDateTime('2026-11-23T03:00:00.000000Z')) AS days_ago_1 "
        "FROM events WHERE event IN ('a', 'b') AND timestamp >= toDateTime('2026-11-23T02:00:00.000000Z') "
        "AND timestamp < toDateTime('2026-11-24T03:00:00.000000Z') GROUP BY event"
    )


def test_events_of_a_release_are_counted_beside(count):
    counts, request, _ = count((200, {"results": [["a", 3, 4, 2]]}), only=("build", "1.4.2"))
    assert (counts.now("a"), counts.earlier("a"), counts.ours) == (3, [4], {"a": 2})
    assert (
        "countIf(timestamp >= toDateTime('2026-11-24T02:00:00.000000Z') "
        "AND timestamp < toDateTime('2026-11-24T02:05:00.000000Z') "
        "AND JSONExtractString(properties, 'build') = '1.4.2') AS of_release FROM events"
    ) in json.loads(request.body)["query"]["query"]


def test_row_without_the_number_of_the_release_is_no_row(count):
    with pytest.raises(Unprovable, match="another row than was asked for"):
        count((200, {"results": [["a", 3, 4]]}), only=("build", "1.4.2"))


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_refusal_of_posthog_proves_nothing_and_names_the_keys(count, status):
    with pytest.raises(
        Unprovable, match=rf"PostHog answered {status}; mend postdeploy.posthog \(origin, project"
    ):
        count((status, {}))


@pytest.mark.parametrize("rows", [[["a", 1]], [["a", 1, 2, 3]], [["a", "x", 1]], [5], [["a", None, 1]]])
def test_row_of_another_shape_proves_nothing(count, rows):
    with pytest.raises(Unprovable, match="another row than was asked for"):
        count((200, {"results": rows}))


@pytest.mark.parametrize(
    "body", [{"query_status": {"complete": False}}, {"results": 5}, {"results": None}, []]
)
def test_answer_without_results_proves_nothing(count, body):
    with pytest.raises(
        Unprovable, match=r"PostHog's answer has no list of results; mend postdeploy\.posthog"
    ):
        count((200, body))


# --- the fence


def reading(origin):
    """An environment that may not be written to, and what it says of both services."""
    return {
        "access": {"writes": False},
        "postdeploy": {
            "sentry": {"origin": origin, "organization": "heroes", "token_env": "TOKEN"},
            "posthog": {"origin": origin, "project": "7", "key_env": "KEY"},
        },
    }


@pytest.mark.parametrize(
    ("method", "url", "passes"),
    [
        ("GET", "https://s.example/api/0/organizations/heroes/issues/?query=x", True),
        ("POST", "https://s.example/api/projects/7/query/", True),
        ("GET", "https://s.example/api/0/organizations/heroes/releases/game%401.4.2/", True),
        ("GET", "https://s.example/api/0/organizations/heroes/releases/", False),
        ("GET", "https://s.example/api/0/organizations/heroes/releases/x/files/", False),
        ("GET", "https://s.example/api/0/organizations/heroes/releases/%2e%2e/", False),
        ("GET", "https://s.example/api/0/organizations/other/releases/1.4.2/", False),
        ("GET", "https://other.example/api/0/organizations/heroes/releases/1.4.2/", False),
        ("DELETE", "https://s.example/api/0/organizations/heroes/releases/1.4.2/", False),
        ("POST", "https://s.example/api/0/organizations/heroes/issues/", False),
        ("PUT", "https://s.example/api/0/organizations/heroes/issues/", False),
        ("GET", "https://s.example/api/0/organizations/other/issues/", False),
        ("POST", "https://s.example/api/projects/8/query/", False),
        ("POST", "https://s.example/api/projects/7/query/../events/", False),
        ("POST", "https://other.example/api/projects/7/query/", False),
        ("POST", "http://s.example/api/projects/7/query/", False),
        ("POST", "https://s.example:8443/api/projects/7/query/", False),
        ("DELETE", "https://s.example/api/projects/7/query/", False),
    ],
)
@pytest.mark.parametrize("harmless", [True, False])
def test_read_only_environment_allows_exactly_these_three(make_environment, method, url, passes, harmless):
    fence = Fence(make_environment(**reading("https://s.example")))
    if passes:
        assert fence.pass_(method, httpx.URL(url), harmless=harmless) is None
    else:
        with pytest.raises(Unprovable):
            fence.pass_(method, httpx.URL(url), harmless=harmless)


def test_stand_in_of_a_read_only_environment_is_the_one_it_names(make_environment):
    sections = reading("{stand_in}")
    known = make_environment(**sections, revenuecat={"stand_in": "http://127.0.0.1:9"}).file
    assert {str(url) for _, url in known.postdeploy.reads("http://127.0.0.1:9")} == {
        "http://127.0.0.1:9/api/0/organizations/heroes/issues/",
        "http://127.0.0.1:9/api/projects/7/query/",
    }
    assert known.postdeploy.reads(None) == frozenset()

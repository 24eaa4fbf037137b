"""Other people's checklists: which lines are boxes, which item each asks for, and which are left alone."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.boxes import read
from runbook.errors import ConfigError
from runbook.loader import load_runbook
from runbook.matching import match
from runbook.wording import Phrase, words

RUNBOOK = load_runbook().of(["smoke", "postdeploy"])  # what comes before is nobody's line yet

# The release runbook's own checklist, in its order, then other ways to say the same.
ITS_LINES = {
    "New user registration works": "auth.registration",
    "Login with existing user works": "auth.login",
    "401 on expired/invalid token": "auth.token-refusal",
    "Force logout on 401": "auth.force-logout",
    "`GET /api/entitlements/snapshot` returns valid data": "entitlements.snapshot",
    "`server_time` and `ttl_seconds` present": "entitlements.freshness",
    "Entitlements refresh on app resume": "entitlements.resume-refresh",
    "Non-entitled user hitting a premium gate is routed to the paywall": "gates.paywall-route",
    "`paywall_opened` fires": "gates.paywall-telemetry",
    "Paywall shows correct products": "gates.paywall-products",
    "Verify with an invalid receipt returns an error, not 500": "purchases.invalid-refused",
    "Server logs show the attempt": "purchases.logged",
    "A valid receipt grants": "purchases.granted",
    "Test webhook": "webhooks.delivered",
    "Logs show it received": "webhooks.logged",
    "Signature validation": "webhooks.signature",
    "Health": "health.basic",
}
OTHER_WORDS = {
    "health.basic": [
        "`GET /api/health` returns 200",
        "Health check passes",
        "The backend is up and healthy",
        "Health endpoint reports healthy",
    ],
    "auth.registration": [
        "**Register** a new account",
        "TC-03: New player can sign up",
        "1.2 User registration",
    ],
    "auth.login": [
        "Sign in with a registered account",
        "Existing user can log in",
        "Login: existing user",
        "Login with existing user works (POST /api/auth/login)",
    ],
    "auth.token-refusal": [
        "Expired token → 401",
        "Invalid tokens are rejected",
        "Expired JWT returns HTTP 401",
        "401 returned for expired/invalid token",
        "Token expiry → 401",
    ],
    "auth.force-logout": [
        "401 forces logout: client is redirected to the login screen",
        "Logged out on expired token",
        "App forces a logout when the server answers 401",
    ],
    "entitlements.snapshot": [
        "`/api/entitlements/snapshot` responds 200",
        "Entitlements load for the user",
        "Entitlement snapshot returns valid data for a logged-in user",
    ],
    "entitlements.freshness": ["Response includes serverTime and ttlSeconds", "`ttl_seconds` is set"],
    "entitlements.expiry": ["Expired entitlements are revoked"],
    "entitlements.resume-refresh": [
        "Snapshot is refetched when the app resumes (background → foreground)",
        "Entitlements are refreshed when the app comes back to the foreground",
    ],
    "gates.enforced": [
        "Premium gate returns 403 for a non-entitled user",
        "Entitled user can open the cinematic",
    ],
    "gates.paywall-route": [
        "Tap a locked premium feature: paywall opens",
        "Free user is redirected to /paid-features",
        "Non-entitled user is redirected to paywall when tapping a premium cinematic",
        "Non-entitled user hits premium gate → paywall",
        "Hitting a premium gate without entitlement opens the paywall",
    ],
    "gates.paywall-telemetry": ["`premium_gate_denied` and `paywall_opened` events are emitted once"],
    "gates.paywall-products": ["Paywall lists all current products with their prices"],
    "purchases.invalid-refused": [
        "`POST /api/purchases/verify` with a fake receipt → clear error (not a 500)",
        "Invalid receipts are rejected",
    ],
    "purchases.idempotent": [
        "A repeated purchase is granted only once",
        "Purchase verification is idempotent",
    ],
    "purchases.logged": ["Backend logs show the verification attempt", "Purchase attempt is logged"],
    "purchases.granted": ["Valid sandbox receipt unlocks the entitlement", "Valid purchase grants premium"],
    "webhooks.delivered": ["Send a test webhook", "RevenueCat webhook is accepted with 200"],
    "webhooks.logged": ["Server logs show the webhook event received", "Webhook is logged"],
    "webhooks.signature": [
        "Webhook signature validated",
        "Webhooks with an invalid signature are rejected (401)",
    ],
    "webhooks.idempotent": ["Duplicate webhook events are processed once"],
    "webhooks.lifecycle": ["RENEWAL webhook extends access", "Refund webhook revokes the entitlement"],
    "operations.release-mode": ["`SERVER_DEV_MODE=false`", "Server runs in release mode"],
    "operations.simulated-purchases-off": ["Simulated purchases return 403"],
    "operations.emergency-stop": ["`PURCHASES_DISABLED=true` stops purchases"],
    "operations.quiet-logs": ["Logs contain no secrets or tokens"],
    "contract.conformance": ["Responses match the OpenAPI schema"],
    "contract.robustness": ["Malformed requests get 4xx, never 500"],
    "contract.drift": ["The published API is unchanged"],
    "postdeploy.errors": [
        "No new errors in Sentry",
        "Sentry: no crash since the release",
        "Watch the Sentry dashboard",
    ],
    "postdeploy.funnel": [
        "Purchase funnel conversion is healthy",
        "`premium_gate_denied` rate is stable in PostHog",
    ],
    "postdeploy.logs": ["Logs show no errors", "No exceptions in the server logs since the deploy"],
}
# What only a person can do.
BY_PERSON = {
    "Send a test webhook from the RevenueCat dashboard": "webhooks.delivered",
    "Click the test button in RevenueCat's dashboard": "webhooks.delivered",
    "Send a test event from RevenueCat": "webhooks.delivered",
    "Make one real sandbox purchase": "purchases.granted",
    "App Store and Google Play listings are up to date": "stores.listings",
    "Store listings show the release": "stores.listings",
}
NOBODYS = [
    "Database migrations applied",
    "App Store screenshots updated",
    "Crash-free rate above 99 %",
    "Login page shows new logo",
    "Login with existing user does not work",
    "Login with existing user is broken",
    "Login with an expired password works",
    "Login with wrong password works",
    "Login with existing user works on iPad",
    "Login with Google works",
    "Admin login works for an existing user",
    "Registration of push tokens works",
    "New user registration is disabled",
    "No 401 on a valid token",
    "401 on an expired refresh token",
    "Expired token is not rejected",
    "Invalid push token returns 401",
    "Logout works",
    "Database snapshot created",
    "Snapshot verified",
    "Server time is in sync with NTP",
    "Premium user hitting a gate is routed to the paywall",
    "Entitled user is routed to the paywall",
    "Non-entitled user can access premium content",
    "Entitled user gets 403 at the premium gate",
    "Entitled user hits the premium gate: no paywall",
    "Non-entitled user hitting a premium gate does not see the paywall",
    "Test button is disabled",
    "Paywall has the new design",
    "Paywall prices are localised",
    "Invalid receipt returns 500",
    "An invalid receipt grants",
    "A valid receipt returns an error, not 500",
    "A valid receipt does not grant",
    "Purchase logs are shipped to the archive",
    "Webhook URL configured",
    "Webhook secret rotated",
    "Webhook signature validation is disabled",
    "Stripe webhook received",
    "Test webhook fails",
    "JWT signature validation",
    "APK signature verified",
    "Cancellation webhook revokes access",
    "Health of the database",
    "Health bars are drawn",
    "Server health dashboard bookmarked",
    "Logs rotated",
    "`SERVER_DEV_MODE=true`",
    "~~Login with existing user works~~",
    "Works",
    "!!!",
]


def lines(text):
    return match(read(text), RUNBOOK, "release.md")


def found(text):
    return [line.items for line in lines(text)]


def as_list(texts):
    return "# Smoke Test Checklist\n\n" + "".join(f"- [ ] {text}\n" for text in texts)


# --- what a line asks for


def test_every_line_of_the_release_runbook_is_recognised():
    assert found(as_list(ITS_LINES)) == [(item,) for item in ITS_LINES.values()]


@pytest.mark.parametrize(("text", "item"), ITS_LINES.items())
def test_each_of_them_is_recognised_by_itself_in_any_case(text, item):
    assert found(f"- [ ] {text}") == found(f"* [x] **{text.upper().replace('`', '')}**.") == [(item,)]


@pytest.mark.parametrize(
    ("item", "text"), [(item, text) for item, texts in OTHER_WORDS.items() for text in texts]
)
def test_other_words_for_an_item_are_understood(item, text):
    (line,) = lines(f"- [ ] {text}")
    assert (line.items, line.by_person) == ((item,), False), line.why


def test_every_item_can_be_said_in_other_words():
    assert set(OTHER_WORDS) == set(RUNBOOK.ids) - {"contract.sequences"}


@pytest.mark.parametrize("text", NOBODYS)
def test_what_the_suite_does_not_prove_is_left_alone(text):
    assert found(as_list([text])) == [()]


@pytest.mark.parametrize(("text", "item"), BY_PERSON.items())
def test_what_only_a_person_can_do_is_told_apart(text, item):
    (line,) = lines(f"- [ ] {text}")
    assert (line.items, line.by_person) == ((item,), True)


@pytest.mark.parametrize("item", RUNBOOK.items, ids=lambda item: item.id)
def test_a_word_that_nobody_foresaw_keeps_any_line_from_matching(item):
    for text in OTHER_WORDS.get(item.id, []):
        assert found(f"- [ ] {text} not") == found(f"- [ ] {text} on Windows") == [()]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("## Webhooks\n- [ ] Signature validation", [("webhooks.signature",)]),
        ("## Tokens\n- [ ] Signature validation", [()]),
        ("## Tokens\n- [ ] Webhook signature validation", [("webhooks.signature",)]),
        ("## Database\n- [ ] Health", [()]),
        ("## App Store\n- [ ] Store listing updated", [("stores.listings",)]),
        ("## Database\n- [ ] Store listing updated", [()]),
        ("## Database\n- [ ] Login with existing user works", [()]),
        ("## iOS build\n- [ ] Login with existing user works", [()]),
        ("- [ ] Webhooks\n  - [ ] Logs show it received", [("webhooks.delivered",), ("webhooks.logged",)]),
        ("- Purchases:\n  - [ ] Server logs show the attempt", [("purchases.logged",)]),
        ("- [ ] Login with existing user works\n  - [ ] Server logs show the attempt", [("auth.login",), ()]),
        ("- [ ] Push notification sent\n- [ ] Logs show it received", [(), ()]),
        ("- [ ] Push notification sent\n- [ ] Health", [(), ("health.basic",)]),
        ("- [ ] Login: server logs show the attempt", [()]),
        ("- [ ] Webhooks: logs show it received", [("webhooks.logged",)]),
        ("- [ ] Webhooks: signature validation", [("webhooks.signature",)]),
    ],
)
def test_what_stands_around_a_line_says_what_it_is_about(text, items):
    assert found(text) == items


def test_line_that_fits_two_items_is_left_alone_and_both_are_named():
    twin = RUNBOOK.item("auth.login").model_copy(update={"id": "auth.twin"})
    runbook = type(RUNBOOK)(
        (*RUNBOOK.items, twin), RUNBOOK.scenarios, RUNBOOK.emergency_stop, RUNBOOK.matching
    )
    (line,) = match(read("- [ ] Login with existing user works"), runbook, "x.md")
    assert (line.items, line.why) == ((), "it could be auth.login or auth.twin")


# --- comments


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("- [ ] Anna looks <!-- item: auth.login -->", ("auth.login",)),
        ("- [ ] Anna looks\n  <!-- item: auth.login -->", ("auth.login",)),
        ("- [ ] Anna\n  looks <!--item:auth.login,health.basic-->", ("auth.login", "health.basic")),
        ("- [ ] Health <!-- items: auth.login , auth.login -->", ("auth.login",)),
        ("- [ ] Health <!-- item: none -->", ()),
        ("- [ ] Screenshots <!-- item: stores.listings -->", ("stores.listings",)),
        ("- [ ] Health <!-- by Anna -->", ("health.basic",)),
    ],
)
def test_comment_names_the_items(text, items):
    assert found(text) == [items]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "# A\n- [ ] x <!-- item: auth.logn -->",
            "release.md:2: no checklist item is called 'auth.logn'; did you mean",
        ),
        ("- [ ] x <!-- item: none, auth.login -->", "release.md:1: no checklist item is called 'none'"),
        (
            "<!-- item: auth.login -->\n- [ ] x",
            "release.md:1: this item comment belongs to no box; put it at the end",
        ),
        ("- [ ] x\n\nText <!-- item: auth.login -->", "release.md:3: this item comment belongs to no box"),
    ],
)
def test_comment_that_names_nothing_is_an_error(text, told):
    with pytest.raises(ConfigError, match=re.escape(told)):
        lines(text)


def test_comment_in_code_is_code():
    assert found("- [ ] Health\n\n```\n<!-- item: auth.login -->\n```\n") == [("health.basic",)]


# --- which lines are boxes


@pytest.mark.parametrize(
    "text",
    [
        "- [ ] Health",
        "* [ ] Health",
        "+ [ ] Health",
        "1. [ ] Health",
        "12) [ ] Health",
        "- [x] Health",
        "- [X] Health",
        "> - [ ] Health",
        "- Group\n  - [ ] Health",
        "- - [ ] Health",
        "\ufeff- [ ] Health",
        "---\ntitle: x\n---\n- [ ] Health",
        "- [ ] Health\r\n",
        "- [ ]\tHealth\r",
        "text\n\n   - [ ] Health",
    ],
)
def test_box_is_found_however_the_list_is_written(text):
    (box,) = read(text).boxes
    assert (text[box.mark - 1], text[box.mark + 1], text[: box.end].endswith("Health")) == ("[", "]", True)
    assert box.ticked == (text[box.mark] != " ")
    assert text[: box.mark].replace("\r\n", "\n").replace("\r", "\n").count("\n") == box.line - 1


@pytest.mark.parametrize(
    "text",
    [
        "```\n- [ ] Health\n```",
        "~~~md\n- [ ] Health\n~~~",
        "text\n\n    - [ ] Health",
        "<!--\n- [ ] Health\n-->",
        "`- [ ] Health`",
        "[ ] Health",
        "- text [ ] Health",
        "- [ ]Health",
        "- [ ]",
        "- # [ ] Health",
        "---\nboxes:\n- [ ] Health\n---\n",
    ],
)
def test_what_only_looks_like_a_box_is_none(text):
    assert read(text).boxes == ()


def test_boxes_that_cannot_be_read_are_noted():
    text = (
        "- [] Health\n\n| Done | What |\n|---|---|\n| [ ] | Health |\n| [x] | Login |\n\n- [a](http://x) b\n"
    )
    assert (read(text).boxes, read(text).unread) == ((), (1, 5, 6))


@pytest.mark.parametrize(
    ("text", "closed"),
    [("- [ ] a", True), ("", True), ("```\n- [ ] a", False), ("<!-- a", False), ("<pre>\n", False)],
)
def test_end_that_would_swallow_what_is_added_is_known(text, closed):
    assert read(text).closed is closed


@given(st.text(alphabet=st.sampled_from("-*[ ]xX\n\r\t>`#<!|a.1~\ufeff\u2028"), max_size=60))
def test_any_text_can_be_read(text):
    boxes = read(text).boxes
    assert all(
        text[box.mark - 1] == "[" and text[box.mark] in " xX" and text[box.mark + 1] == "]" for box in boxes
    )
    assert all(above.end <= below.mark for above, below in pairwise(boxes))


# --- words and phrases


def test_words_are_the_same_however_they_are_written():
    assert words("`server_time`") == words("Server-Times:") == ("server", "time")
    assert words("2.1) TC") == words(":rocket: TC") == ("tc",)
    assert words("401 passes") == ("401", "pass")


@pytest.mark.parametrize(
    ("line", "accounted"),
    [
        ("a b c", True),
        ("c b a", True),
        ("b c a d", True),
        ("a", False),
        ("a b c e", False),
        ("a b x c", False),
        ("a b z c", True),
    ],
)
def test_phrase_accounts_for_every_word(line, accounted):
    phrase = Phrase.read("a + b c|c b|b z c + (d)")
    assert phrase.accounts_for(words(line), [("z",)]) is accounted


@pytest.mark.parametrize("text", ["(a)", "a + ", "a|", ""])
def test_phrase_without_words_is_refused(text):
    with pytest.raises(ValueError, match="word"):
        Phrase.read(text)

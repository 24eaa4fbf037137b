"""The reference deployment has a stand-in for RevenueCat."""

import secrets

from deployed import SECRETS, Target, bearer


def test_the_stand_in_creates_a_subscriber_on_first_sight(target: Target):
    name, key = secrets.token_hex(8), SECRETS["REVENUECAT_SECRET_KEY"]
    path = f"/v1/subscribers/{name}"
    assert target.revenuecat.get(path).status_code == 401
    assert target.revenuecat.get(path, headers=bearer("wrong")).status_code == 403
    first, second = (target.revenuecat.get(path, headers=bearer(key)) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["subscriber"]["original_app_user_id"] == name
    assert first.json()["subscriber"]["non_subscriptions"] == {}


def test_the_stand_in_offers_the_four_products(target: Target):
    key = bearer(SECRETS["REVENUECAT_SECRET_KEY"])
    answer = target.revenuecat.get(
        "/v2/projects/proj1/offerings?expand=items.package.product", headers=key
    ).json()
    current = next(offering for offering in answer["items"] if offering["is_current"])
    first = current["packages"]
    assert target.revenuecat.get(first["next_page"]).status_code == 401
    second = target.revenuecat.get(first["next_page"], headers=key).json()
    assert (len(first["items"]), second["next_page"]) == (3, None)
    packages = [*first["items"], *second["items"]]
    products = [package["products"]["items"][0]["product"] for package in packages]
    prices = {each["store_identifier"]: each["prices"][0]["amount_micros"] / 1e6 for each in products}
    assert prices == {
        "premium_cinematics_pack": 9.99,
        "premium_monthly": 4.99,
        "no_ads_forever": 2.99,
        "starter_pack": 0.99,
    }


def test_a_purchase_that_revenuecat_never_answers_times_out_and_is_not_lost(unanswered):
    player, answer = unanswered
    assert answer.result(timeout=5).status_code == 504
    assert player.status("PREMIUM_CINEMATICS_PACK") == "not_owned"
    player.target.revenuecat.put(f"/control/outages/{player.name}", json={"mode": "none"})
    assert player.verify().status_code == 200

"""Backends that break one promise each, and what shows it."""

from math import inf

from backend import Backend, Holding


class ExpiryAfterTransferIgnored(Backend):
    def hand_over(self, giver, taker, at):
        super().hand_over(giver, taker, at)
        self.got = taker

    def happen(self, event):
        if event["type"] != "EXPIRATION" or event["app_user_id"] != getattr(self, "got", None):
            super().happen(event)


class TransferLeavesAll(Backend):
    def hand_over(self, giver, taker, at):
        for key in [key for key, holding in self.holdings[giver].items() if holding.owned]:
            self.holdings[taker][key] = Holding(True, at)


class TransferLosesAll(Backend):
    def hand_over(self, giver, taker, at):
        super().hand_over(giver, taker, at)
        self.holdings[taker].clear()


class LateReportWins(Backend):
    def change(self, player, key, owned, at):
        self.holdings[player][key] = Holding(owned, at)


class RepeatedGrantCounts(Backend):
    """What was delivered before counts as news."""

    def deliver(self, event):
        again = {"event_timestamp_ms": inf} if event["id"] in self._seen else {}
        self._seen.discard(event["id"])
        return super().deliver({**event, **again})


class RepeatedEndCounts(RepeatedGrantCounts):
    def deliver(self, event):
        return super().deliver(event) if self.ends(event) else Backend.deliver(self, event)


class RefundKept(Backend):
    def ends(self, event):
        return event["type"] == "EXPIRATION"


class PauseEnds(Backend):
    def ends(self, event):
        return super().ends(event) or event["type"] == "SUBSCRIPTION_PAUSED"


class UnknownPurchaseGranted(Backend):
    def verify(self, player, order):
        self.bought[order["transaction_id"]] = player
        return super().verify(player, order)


class VerifiedAndForgotten(Backend):
    def change(self, player, key, owned, at):
        if key != "NO_ADS":
            super().change(player, key, owned, at)


class LogoutEndsAll(Backend):
    def log_out(self, token):
        name = self.sessions[token]
        self.sessions = {other: whose for other, whose in self.sessions.items() if whose != name}
        return 200, {}


class LogoutEndsNothing(Backend):
    def log_out(self, token):
        return 200, {}


class HeroKeyOpensNothing(Backend):
    def access(self, player, hero):
        return self.gate(self.owns(player, "PREMIUM_CINEMATICS_PACK"))


class GateClosesLater(Backend):
    asked = 0

    def access(self, player, hero):
        self.asked += self.owns(player, "PREMIUM_CINEMATICS_PACK")
        return super().access(player, hero) if self.asked < 2 else self.gate(False)


# Each wrong backend: a life, the steps of it that are needed, and what is then wrong.
WRONG = {
    ExpiryAfterTransferIgnored: (
        "B buys pack; A buys premium; A pauses premium; A hands over; B logs in; B expires premium",
        "A buys premium; A hands over; B expires premium",
        "B should own nothing, and the snapshot says PREMIUM",
    ),
    TransferLeavesAll: (
        "B buys hero; A buys premium; B is reported again; A hands over; A buys pack",
        "A buys premium; A hands over",
        "A should own nothing, and the snapshot says PREMIUM",
    ),
    TransferLosesAll: (
        "A buys premium; A hands over; B expires premium",
        "A buys premium; A hands over",
        "B should own PREMIUM, and the snapshot says nothing",
    ),
    LateReportWins: (
        "A buys pack; A renews pack; A is reported late pack; A cancels pack",
        "A buys pack; A renews pack; A is reported late pack",
        "A should own PREMIUM_CINEMATICS_PACK, and the snapshot says nothing",
    ),
    RepeatedGrantCounts: (
        "A buys pack; A pauses pack; A cancels pack; A fails to pay pack; A expires pack; A is reported again",
        "A buys pack; A expires pack; A is reported again",
        "A should own nothing, and the snapshot says PREMIUM_CINEMATICS_PACK",
    ),
    RepeatedEndCounts: (
        "A buys pack; A pauses pack; A expires pack; A renews pack; A pauses pack; A is reported again",
        "A buys pack; A expires pack; A renews pack; A is reported again",
        "A should own PREMIUM_CINEMATICS_PACK, and the snapshot says nothing",
    ),
    RefundKept: (
        "A logs in; A buys starter pack; A is refunded starter pack",
        "A buys starter pack; A is refunded starter pack",
        "A should own nothing, and the snapshot says STARTER_PACK",
    ),
    PauseEnds: (
        "A buys premium; A cancels premium; A pauses premium; A fails to pay premium",
        "A buys premium; A pauses premium",
        "A should own PREMIUM, and the snapshot says nothing",
    ),
    UnknownPurchaseGranted: (
        "B buys hero; B verifies nothing; B buys pack",
        "B verifies nothing",
        "B should own nothing, and the snapshot says PREMIUM_CINEMATICS_PACK",
    ),
    VerifiedAndForgotten: (
        "A logs in; A verifies no ads",
        "A verifies no ads",
        "A should own NO_ADS, and the snapshot says nothing",
    ),
    LogoutEndsAll: (
        "B logs in; A logs in; A logs out; A buys hero",
        "A logs in; A logs out",
        "a session that should be alive is not",
    ),
    LogoutEndsNothing: (
        "A logs in; A buys hero; A logs out",
        "A logs in; A logs out",
        "a session that should be dead is not",
    ),
    HeroKeyOpensNothing: (
        "A buys premium; B buys hero",
        "B buys hero",
        "B owns PREMIUM_CINEMATIC_OWNED:hero_1, so /api/hero/hero_1/cinematic/access should be open",
    ),
    GateClosesLater: (
        "A buys pack; A pauses pack",
        "A buys pack",
        "A owns PREMIUM_CINEMATICS_PACK, so /api/hero/hero_1/cinematic/access should be open",
    ),
}

"""Hostile tokens: everything that a protected route has to refuse (contract, section 2)."""

import base64
import json
import secrets
import time
import uuid
from typing import Any

import jwt
import jwt.types

from harness.errors import PromiseBroken, Unprovable
from harness.target.players import Player

GUESSABLE = ("secret", "changeme", "your-secret-key", "jwt-secret", "divine-heroes")
# Those that need nothing but a player's own token to make.
FORGED = (
    "no-header",
    "empty-header",
    "bearer-alone",
    "wrong-scheme",
    "garbage",
    "three-garbage-parts",
    "tampered-payload",
    "stripped-signature",
    "foreign-signature",
    "alg-none",
    "alg-None",
    "alg-NONE",
    "alg-none-signed",
    "wrong-secret",
    *(f"guessable-secret-{secret}" for secret in GUESSABLE),
)
# Those that mean something only if the target's own secret signs them.
MINTED = ("expired", "not-yet-valid", "no-exp", "no-sub", "no-jti", "unknown-sub")
REVOKED = "revoked"
HOSTILE = (*FORGED, *MINTED, REVOKED)
_SIGNATURE_ONLY: jwt.types.Options = {
    "verify_aud": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_exp": False,
}


class Tokens:
    """Makes hostile tokens from a genuine one; `signing_secret` is the target's, where known."""

    def __init__(self, signing_secret: str | None) -> None:
        self._signing_secret = signing_secret

    def headers(self, kind: str, player: Player, other: Player) -> dict[str, str]:
        """Request headers with the hostile token `kind`, made from `player`'s own; `other`: another session.

        Raises Unprovable for a MINTED one without the secret.
        """
        match kind:
            case "no-header":
                return {}
            case "empty-header":
                return {"Authorization": ""}
            case "bearer-alone":
                return {"Authorization": "Bearer"}
            case "wrong-scheme":
                return {"Authorization": f"Basic {player.token}"}
            case _ if kind in MINTED:
                return {"Authorization": f"Bearer {self._minted(kind, player)}"}
            case _:
                return {"Authorization": f"Bearer {_forged(kind, player, other)}"}

    def _minted(self, kind: str, player: Player) -> str:
        if self._signing_secret is None:
            raise Unprovable(
                "only the target's own secret can sign this token", "set tokens.signing_secret_env"
            )
        try:
            # Only the signature matters here: a claim of another kind, or a clock that is ahead, is no fault.
            claims = jwt.decode(player.token, self._signing_secret, ["HS256"], options=_SIGNATURE_ONLY)
        except jwt.InvalidSignatureError:
            problem = "tokens.signing_secret_env does not hold the secret that signs this target's tokens"
            raise PromiseBroken(problem, player.entrance) from None
        except jwt.InvalidTokenError as error:
            raise PromiseBroken(f"a fresh token is not valid: {error}", player.entrance) from None
        now = int(time.time())
        match kind:
            case "expired":  # long enough ago that no leeway for clocks covers it
                claims |= {"iat": now - 7200, "exp": now - 3600}
            case "not-yet-valid":
                claims |= {"nbf": now + 3600}
            case "unknown-sub":
                claims |= {"sub": str(uuid.uuid4())}
            case _:
                claims.pop(kind.removeprefix("no-"), None)
        return jwt.encode(claims, self._signing_secret, "HS256")


def _forged(kind: str, player: Player, other: Player) -> str:
    header, payload, signature = _parts(player)
    claims = player.claims
    match kind:
        case "garbage":
            return "garbage"
        case "three-garbage-parts":
            return "gar.ba.ge"
        case "tampered-payload":
            # Only the end changes: a target that forgets the signature must not refuse it for another reason.
            return f"{header}.{_encode({**claims, 'exp': int(claims['exp']) + 86_400})}.{signature}"
        case "stripped-signature":
            return f"{header}.{payload}."
        case "foreign-signature":
            return f"{header}.{payload}.{_parts(other)[2]}"
        case "alg-none-signed":
            return f"{_encode({'alg': 'none', 'typ': 'JWT'})}.{payload}.{signature}"
        case "alg-none" | "alg-None" | "alg-NONE":
            return f"{_encode({'alg': kind.removeprefix('alg-'), 'typ': 'JWT'})}.{payload}."
        case "wrong-secret":
            return jwt.encode(claims, secrets.token_hex(32), "HS256")
        case _ if kind.startswith("guessable-secret-"):
            return _signed_with(kind.removeprefix("guessable-secret-"), claims)
    raise AssertionError(f"no such hostile token: {kind}")


def _signed_with(weak: str, claims: dict[str, Any]) -> str:
    algorithm = jwt.get_algorithm_by_name("HS256")
    signing_input = f"{_encode({'alg': 'HS256', 'typ': 'JWT'})}.{_encode(claims)}"
    signature = algorithm.sign(signing_input.encode(), weak.encode())
    return f"{signing_input}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def _parts(player: Player) -> list[str]:
    parts = player.token.split(".")
    if len(parts) != 3:
        raise PromiseBroken("the token is no JWT: it has not three parts", player.entrance)
    return parts


def _encode(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part, separators=(",", ":")).encode()).decode().rstrip("=")

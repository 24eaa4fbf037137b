"""Every secret value known to the run, and the scrubber that every output passes through."""

import base64
import html
import json
import re
import threading
from bisect import bisect_right
from itertools import accumulate
from urllib.parse import quote, quote_plus

# What a hashed password looks like, whoever made it.
HASH = re.compile(r"\$2[abxy]?\$|\$argon2|\$scrypt|\$pbkdf2|pbkdf2[:_$]|scrypt[:$]", re.IGNORECASE)
_JWT = re.compile(r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*")
_SHORTEST = 4  # a shorter value would blot out ordinary words
_SPLIT = 8  # a shorter one is not looked for in pieces
_TAIL = 16
# In such a run stands every form that has no other characters and is at least as long.
_RUN = re.compile(rf"[\w.~%+/=,-]{{{_TAIL},}}", re.ASCII)
# As it is, or as JSON and Python write it, also of a text that holds such a one already.
_BREAK = re.compile(r"(?:\\?\r?\n|(?<!\\)(?:\\+r)?\\+n)[ \t]*")


class Secrets:
    """Values that may appear in no output, each with a name to print instead."""

    def __init__(self) -> None:
        # Probes add secrets while others print: what is looked through is replaced, what is looked up in may grow.
        self._names: dict[str, str] = {}
        self._by_tail: dict[str, tuple[str, ...]] = {}
        self._odd: tuple[str, ...] = ()
        self._loggable: set[str] = set()
        self._lock = threading.Lock()

    def add(self, value: str, name: str, loggable: bool = False) -> None:
        """From now on `value`, plain or encoded, is printed as `<name>`; `loggable`: a server may log it."""
        if len(value) < _SHORTEST:
            return
        with self._lock:
            if value in self._names:
                return
            # A server may have stripped what a shell or a file left at its end.
            forms = _forms(value) | (_forms(value.strip()) if len(value.strip()) >= _SHORTEST else set())
            for form in forms - self._names.keys():
                self._names[form] = name
                if _RUN.fullmatch(form):
                    self._by_tail[form[-_TAIL:]] = (*self._by_tail.get(form[-_TAIL:], ()), form)
                else:
                    self._odd = (*self._odd, form)
            if loggable:
                self._loggable.add(name)

    def add_token(self, token: str) -> None:
        """The same for a token, and its signature by itself."""
        self.add(token, "token")
        self.add(token.rpartition(".")[2], "signature of a token")

    def scrub(self, text: str) -> str:
        """`text` without any known secret, and without anything that looks like a JWT."""
        if "\n" in text or "\\n" in text:
            text = self._mended(text)
        for form in sorted(self._forms_in(text), key=lambda form: (-len(form), form)):
            text = text.replace(form, f"<{self._names[form]}>")
        return _JWT.sub("<jwt>", text) if "eyJ" in text else text

    def found_in(self, text: str) -> set[str]:
        """The names of the secrets that stand in `text` as they are, and that no server may log."""
        return {self._names[form] for form in self._forms_in(text)} - self._loggable

    def _forms_in(self, text: str) -> set[str]:
        """The forms of secrets that stand in a text: thousands are known, and nearly all of them end in a long run.

        Tails only choose which are looked for: at each place of a tail, a hostile text could make it compare at length.
        """
        near = set(self._odd)
        for run in _RUN.findall(text):
            for end in range(_TAIL, len(run) + 1):
                near.update(self._by_tail.get(run[end - _TAIL : end], ()))
        return {form for form in near if form in text}

    def _mended(self, text: str) -> str:
        """The text, with what was split over lines in one piece again."""
        ends = [0, *(end for found in _BREAK.finditer(text) for end in found.span()), len(text)]
        kept = list(
            zip(ends[::2], ends[1::2], strict=True)
        )  # what stands between breaks, by its place in the text
        whole = "".join(text[start:end] for start, end in kept)
        places = list(
            accumulate((end - start for start, end in kept), initial=0)
        )  # the same, by the place in `whole`

        def place(at: int) -> int:
            nth = bisect_right(places, at, hi=len(kept)) - 1
            return kept[nth][0] + at - places[nth]

        split = [
            (place(found.start()), place(found.end() - 1) + 1, form)
            for form in self._forms_in(whole)
            if len(form) >= _SPLIT and whole.count(form) != text.count(form)
            for found in re.finditer(re.escape(form), whole)
        ]
        mended, upto = [], 0
        for start, end, form in sorted(split, key=lambda each: (each[0], -each[1])):
            if start >= upto:
                mended += [text[upto:start], form]
                upto = end
        return "".join([*mended, text[upto:]])


def _forms(value: str) -> set[str]:
    """The value as it may stand in an output: in a URL, in HTML, JSON, Python, encoded, in a shell command."""
    raw = value.encode("utf-8", "surrogatepass")
    as_json = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    in_base64 = {encode(raw).decode().rstrip("=") for encode in (base64.b64encode, base64.urlsafe_b64encode)}
    encoded = {raw.hex(), raw.hex().upper(), *in_base64}
    in_html = {html.escape(value), html.escape(value).replace("&#x27;", "&#39;")}
    forms = {value, *_in_a_url(raw), *in_html, *as_json, repr(value)[1:-1], *encoded}
    return forms | {form.replace("'", "'\"'\"'") for form in forms}


def _in_a_url(raw: bytes) -> set[str]:
    """As RFC 3986 has it, as a path, a form, and as JavaScript's encodeURIComponent; hex in either case."""
    forms = {quote(raw, safe=""), quote(raw), quote_plus(raw), quote(raw, safe="!'()*")}
    return forms | {re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), form) for form in forms}

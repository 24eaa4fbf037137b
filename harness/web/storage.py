"""Where a page keeps things in the browser, and which of it is a token."""

import json
import re
from collections.abc import Iterable

# Key and value of all that the page keeps: in web storage, and in its databases.
KEPT = "() => [sessionStorage, localStorage].flatMap(Object.entries)"
IN_DATABASES = """async () => {
  const kept = [];
  const done = (asked) => new Promise((good, bad) => {
    asked.onsuccess = () => good(asked.result);
    asked.onerror = asked.onblocked = () => bad(asked.error);
  });
  const text = (value) => typeof value === 'string' ? value
    : JSON.stringify(value, (_, each) => ArrayBuffer.isView(each) ? null : each) ?? '';
  for (const {name} of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    try {
      for (const store of database.objectStoreNames) {
        const held = database.transaction(store).objectStore(store);
        const [keys, values] = await Promise.all([done(held.getAllKeys()), done(held.getAll())]);
        kept.push(...keys.map((key, nth) => [String(key), text(values[nth])]));
      }
    } finally {
      database.close();
    }
  }
  return kept;
}"""
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.")


def holding(kept: Iterable[tuple[str, str]], used: Iterable[str], named: Iterable[str]) -> frozenset[str]:
    """The keys that hold a token: one that the page has `used`, or whatever those `named` hold."""
    tokens, keys = set(used), set(named)
    return frozenset(
        key
        for key, value in kept
        if any(token in value for token in tokens) or (key in keys and _holds(value))
    )


def _holds(value: str) -> bool:
    """Whether that may be a token, or in JSON hold one: a session that has ended may leave its frame behind."""
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        return value not in ("", "undefined")
    return _JWT.search(value) is not None if isinstance(read, dict | list) else bool(read)

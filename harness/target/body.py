"""The body of an answer: unpacked, and kept up to a cap, however little had to be sent for it."""

import zlib

import httpx

_PACKED = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # zlib's window, and with it the format


async def bounded(response: httpx.Response, most: int) -> tuple[bytes, bool]:
    """At most `most` bytes of the body, and whether that is not all, or not what was announced."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    unpacker = _Unpacker(_PACKED[encoding]) if encoding in _PACKED else None
    body = bytearray()
    async for chunk in response.aiter_raw():
        try:
            # One byte more shows that there is more.
            body += unpacker.unpack(chunk, most + 1 - len(body)) if unpacker else chunk
        except zlib.error:
            return bytes(body), True
        if len(body) > most:
            return bytes(body[:most]), True
    return bytes(body), bool(unpacker and body and not unpacker.whole)


class _Unpacker:
    """zlib, which stops at a size: what httpx brings unpacks all of a chunk, and that may be a thousand times more."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._zlib = zlib.decompressobj(window)
        self._begun = False

    @property
    def whole(self) -> bool:
        """Whether the end of what was packed was seen."""
        return self._zlib.eof

    def unpack(self, chunk: bytes, most: int) -> bytes:
        """At most `most` bytes; raises zlib.error."""
        try:
            unpacked = self._zlib.decompress(chunk, most)
        except zlib.error:
            if self._begun or self._window != 15:
                raise
            self._zlib = zlib.decompressobj(-15)  # many send "deflate" without its frame
            unpacked = self._zlib.decompress(chunk, most)
        self._begun = True
        if self._zlib.eof and (rest := self._zlib.unused_data) and len(unpacked) < most:
            self._zlib = zlib.decompressobj(self._window)  # another part of gzip (RFC 1952, section 2.2)
            unpacked += self.unpack(rest, most - len(unpacked))
        return unpacked

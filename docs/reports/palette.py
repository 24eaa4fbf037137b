"""Makes the picture of a page small: a PNG as a browser writes it, with its commonest colours as a palette."""

import struct
import zlib
from collections import Counter

COLOURS = 32  # what the edges of letters lose beyond them nobody sees
SIGNALS = 12  # of them for what is rare and stands out, as the red of what is broken
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
Pixel = tuple[int, int, int]


def shrink(content: bytes) -> bytes:
    """The same picture; raises ValueError unless it is 8-bit RGB (PNG specification, third edition)."""
    width, height, rows = _decode(content)
    pixels = [list(zip(row[0::3], row[1::3], row[2::3], strict=True)) for row in rows]
    palette = _palette(Counter(pixel for row in pixels for pixel in row))
    kept = list(dict.fromkeys(palette.values()))
    index = {colour: kept.index(near) for colour, near in palette.items()}
    raw = b"".join(b"\0" + bytes(map(index.__getitem__, row)) for row in pixels)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", b"".join(map(bytes, kept))),
        (b"IDAT", zlib.compress(raw, 9)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def _palette(number: Counter[Pixel]) -> dict[Pixel, Pixel]:
    """Each colour with the one that is kept and nearest to it: the commonest, and the rare ones that are like none."""
    kept = [colour for colour, _ in number.most_common(COLOURS - SIGNALS)]
    distance = {colour: min(_apart(colour, near) for near in kept) for colour in number}
    for _ in range(SIGNALS):
        odd = max(distance, key=lambda colour: distance[colour] * min(number[colour], 50))
        kept.append(odd)
        distance = {colour: min(known, _apart(colour, odd)) for colour, known in distance.items()}
    return {colour: min(kept, key=lambda near: _apart(colour, near)) for colour in number}


def _apart(one: Pixel, other: Pixel) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _decode(content: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and the rows without their filters."""
    data, at = b"", len(_SIGNATURE)
    width = height = 0
    while at < len(content):
        (length,) = struct.unpack_from(">I", content, at)
        name, chunk = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        if name == b"IHDR":
            width, height, *kind = struct.unpack(">IIBBBBB", chunk)
            if kind != [8, 2, 0, 0, 0]:
                raise ValueError(f"not 8-bit RGB: {kind}")
        elif name == b"IDAT":
            data += chunk
        at += length + 12
    raw, step = zlib.decompress(data), 3 * width + 1
    rows, above = [], bytes(3 * width)
    for start in range(0, len(raw), step):
        above = _unfiltered(raw[start], bytearray(raw[start + 1 : start + step]), above)
        rows.append(bytes(above))
    return width, height, rows


def _unfiltered(kind: int, row: bytearray, above: bytes) -> bytes:
    if kind == 2:  # most are; this is much faster than a step for each byte
        return bytes((a + b) & 255 for a, b in zip(row, above, strict=True))
    for at in range(len(row) if kind else 0):
        left, up = row[at - 3] if at > 2 else 0, above[at]
        corner = above[at - 3] if at > 2 else 0
        near = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]
        row[at] = (row[at] + near) & 255
    return bytes(row)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda near: abs(guess - near))

"""Writes the PNG samples of PngImageTest, and what must come of them, into src/test/resources/png.

The files are written here by hand, by https://www.w3.org/TR/png-3/, of samples that a generator draws:
every color type and depth, interlaced and not, all filters, transparency, chunks about light. What must
come of them is computed of those samples with NumPy, by the rules that docs/FORMATS.md states; and
Pillow, which has a decoder of its own, must read the same samples from the files (of 16 bits in color
it gives the upper 8).

    python -m pip install numpy pillow
    python src/test/python/png_samples.py
"""
import hashlib
import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 11, 13
OUT = pathlib.Path("src/test/resources/png")
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def packed(row, depth):
    """The bytes of a row of samples."""
    if depth == 16:
        return row.astype(">u2").tobytes()
    if depth == 8:
        return row.astype("u1").tobytes()
    bits = "".join(f"{v:0{depth}b}" for v in row)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def filtered(kind, row, above, distance):
    out = bytearray([kind])
    for i, value in enumerate(row):
        left = row[i - distance] if i >= distance else 0
        up = above[i]
        corner = above[i - distance] if i >= distance else 0
        estimate = left + up - corner
        nearest = min((left, up, corner), key=lambda v: abs(estimate - v))
        out.append((value - (0, left, up, (left + up) // 2, nearest)[kind]) & 0xFF)
    return bytes(out)


def png(samples, kind, depth, interlaced, chunks=b"", pieces=1):
    """The file of samples (height, width, samples of a pixel)."""
    distance = max(1, SAMPLES[kind] * depth // 8)
    raw = b""
    number = 0
    for x, y, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = samples[y::dy, x::dx]
        if part.size == 0:
            continue
        above = bytes(len(packed(part.reshape(part.shape[0], -1)[0], depth)))
        for row in part.reshape(part.shape[0], -1):
            data = packed(row, depth)
            raw += filtered(number % 5, data, above, distance)
            above = data
            number += 1
    height, width = samples.shape[:2]
    data = zlib.compress(raw)
    step = -(-len(data) // pieces)
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, int(interlaced)))
            + chunks
            + b"".join(chunk(b"IDAT", data[i:i + step]) for i in range(0, len(data), step))
            + chunk(b"IEND", b""))


def eight(values, depth):
    values = values.astype(np.int64)
    return (values * 255 + 32895) >> 16 if depth == 16 else values * 255 // (2 ** depth - 1)


def expected(samples, kind, depth, palette=None, transparent=None, alphas=None):
    """Grey and color by the stated rules."""
    if kind == PALETTE:
        color = palette[samples[..., 0]].astype(np.int64)
        alpha = np.full(256, 255)
        alpha[:len(alphas or [])] = alphas or []
        alpha = alpha[samples[..., 0]]
    else:
        count = 3 if kind in (RGB, RGB_ALPHA) else 1
        color = eight(samples[..., :count], depth)
        color = np.repeat(color, 3 // count, axis=2)
        alpha = eight(samples[..., -1], depth) if kind in (GREY_ALPHA, RGB_ALPHA) else np.full(samples.shape[:2], 255)
        if transparent is not None:
            alpha = np.where((samples == transparent).all(axis=2), 0, alpha)
    color = (color * alpha[..., None] + 127) // 255
    grey = (19595 * color[..., 0] + 38470 * color[..., 1] + 7471 * color[..., 2] + 32768) >> 16
    return grey.astype("u1"), color.astype("u1")


def check(file, samples, kind, depth, palette):
    """Pillow reads what was drawn."""
    image = Image.open(io.BytesIO(file))
    if kind == PALETTE:
        assert (np.asarray(image) == samples[..., 0]).all()
        assert (np.asarray(image.convert("RGBA"))[..., :3] == palette[samples[..., 0]]).all()
    elif depth == 16 and kind == GREY:
        assert (np.asarray(image).astype(int) == samples[..., 0]).all()
    elif depth == 16:
        if kind == GREY_ALPHA:
            image = image.convert("LA")
        assert (np.asarray(image) == samples >> 8).all()
    elif kind == GREY and depth == 1:
        assert (np.asarray(image).astype(int) == samples[..., 0]).all()
    else:
        want = eight(samples, depth).astype("u1")
        got = np.asarray(image)
        assert (got.reshape(want.shape) == want).all()
        if kind == RGB:  # Pillow's own luma is the same
            grey, _ = expected(samples, kind, depth)
            assert (np.asarray(image.convert("L")) == grey).all()


def main():
    draw = np.random.Generator(np.random.PCG64(18))
    OUT.mkdir(parents=True, exist_ok=True)
    lines = []

    def sample(name, kind, depth, interlaced=False, chunks=b"", size=(HEIGHT, WIDTH), palette=None,
               alphas=None, transparent=None, pieces=1):
        most = len(palette) if palette is not None else 2 ** depth
        samples = draw.integers(0, most, (*size, SAMPLES[kind]))
        if transparent is not None:
            samples[::2, ::3] = transparent
        if palette is not None:
            chunks = chunks + chunk(b"PLTE", palette.tobytes())
        if alphas is not None:
            chunks = chunks + chunk(b"tRNS", bytes(alphas))
        if transparent is not None:
            chunks = chunks + chunk(b"tRNS", np.array(transparent).astype(">u2").tobytes())
        file = png(samples, kind, depth, interlaced, chunks, pieces)
        check(file, samples, kind, depth, palette)
        grey, color = expected(samples, kind, depth, palette, transparent, alphas)
        (OUT / f"{name}.png").write_bytes(file)
        lines.append(f"{name},{size[0]},{size[1]},{hashlib.sha256(grey.tobytes()).hexdigest()},"
                     f"{hashlib.sha256(color.tobytes()).hexdigest()}")

    for interlaced, suffix in ((False, ""), (True, "-interlaced")):
        for depth in 1, 2, 4, 8, 16:
            sample(f"grey-{depth}{suffix}", GREY, depth, interlaced)
        for depth in 8, 16:
            sample(f"rgb-{depth}{suffix}", RGB, depth, interlaced)
            sample(f"grey-alpha-{depth}{suffix}", GREY_ALPHA, depth, interlaced)
            sample(f"rgb-alpha-{depth}{suffix}", RGB_ALPHA, depth, interlaced)
        for depth in 1, 2, 4, 8:
            palette = draw.integers(0, 256, (2 ** depth, 3)).astype("u1")
            sample(f"palette-{depth}{suffix}", PALETTE, depth, interlaced, palette=palette)
    palette = draw.integers(0, 256, (10, 3)).astype("u1")
    sample("palette-alpha", PALETTE, 8, palette=palette, alphas=[0, 100, 255, 7])
    sample("grey-transparent", GREY, 8, transparent=[77])
    sample("grey-transparent-2", GREY, 2, transparent=[2])
    sample("grey-transparent-16", GREY, 16, transparent=[0x1234])
    sample("rgb-transparent", RGB, 8, transparent=[1, 2, 3])
    sample("rgb-transparent-16", RGB, 16, transparent=[0x100, 0x200, 0x300])
    sample("gamma", RGB, 8, chunks=chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"sRGB", b"\0"))
    sample("profile", GREY, 8, chunks=chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(3000))))
    sample("animated", GREY, 8, chunks=chunk(b"acTL", struct.pack(">II", 1, 0)))
    sample("pieces", RGB, 8, pieces=40)
    for height, width in (1, 1), (1, 13), (5, 1), (3, 2):
        sample(f"interlaced-{height}x{width}", GREY, 8, True, size=(height, width))
    (OUT / "expected.csv").write_text("\n".join(lines) + "\n")


main()

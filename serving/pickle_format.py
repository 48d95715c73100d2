"""Which of two readers a model file is for: the scan and the worker must never read one file in two ways."""

COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"x\x01": "zlib",
    b"x^": "zlib",
    b"x\x9c": "zlib",
    b"x\xda": "zlib",
    b"BZh": "bz2",
    b"\xfd7zXZ": "xz",
    b"]\x00": "lzma",
    b"\x04\x22M\x18": "lz4",
}
"""How a file begins that joblib has compressed, and with what."""


def compression(content: bytes) -> str | None:
    """What the file is compressed with; None when it is not."""
    return next((name for prefix, name in COMPRESSED.items() if content.startswith(prefix)), None)


def by_joblib(content: bytes) -> bool:
    """Whether joblib reads it. joblib reads plain pickles too, but many times slower where there are many objects."""
    return compression(content) is not None or b"joblib.numpy_pickle" in content

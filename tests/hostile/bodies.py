"""Bodies that mean harm, each with its status."""

import gzip
import json
import zlib
from collections.abc import Iterator

from tests.hostile.wire import Hostile, post

MIB = 1024 * 1024
HEADER = b"text,number,count\n"
GZIPPED = gzip.compress(b"[" + b" " * 64 * MIB, 6)


def text(value: str) -> bytes:
    return json.dumps({"text": value}, ensure_ascii=False).encode()


JSON = {
    "nothing": (b"", 422),
    "a megabyte of spaces": (b" " * MIB, 422),
    "null": (b"null", 422),
    "a number": (b"0", 422),
    "two documents": (b'{"text": "a"}{"text": "b"}', 422),
    "a tail": (b'{"text": "a"} #', 422),
    "a comment": (b'{"text": "a" /* b */}', 422),
    "a comma too many": (b'{"text": "a",}', 422),
    "single quotes": (b"{'text': 'a'}", 422),
    "a text without end": (b'{"text": "aaa', 422),
    "lists in lists": (b"[" * 100_000, 422),
    "objects in objects": (b'{"text":' * 100_000, 413),
    "lists in objects, closed": (b'{"text":[' * 5_000 + b"]}" * 5_000, 413),
    "150 levels in a field": (b'{"text":' + b"[" * 150 + b"]" * 150 + b"}", 422),
    "150 levels among shallow ones": (b"[" + b"[]," * 50 + b"[" * 150 + b"]" * 150 + b"]", 422),
    "brackets in a text": (b'{"text": "' + b"[{" * 100_000 + b'"}', 202),
    "escaped quotes and brackets": (b'{"text": "' + b'\\"[' * 100_000 + b'"}', 202),
    "1e400": (b'{"text": "a", "number": 1e400}', 422),
    "-1e400": (b'{"text": "a", "number": -1e400}', 422),
    "1e-400": (b'{"text": "a", "number": 1e-400}', 202),
    "an exponent of 100,000 digits": (b'{"text": "a", "number": 1e' + b"9" * 100_000 + b"}", 422),
    "NaN": (b'{"text": "a", "number": NaN}', 422),
    "Infinity": (b'{"text": "a", "number": -Infinity}', 422),
    "1e400 as a text": (b'{"text": "a", "number": "1e400"}', 422),
    "a float of 100,000 digits": (b'{"text": "a", "number": ' + b"9" * 100_000 + b"}", 422),
    "100,000 decimals": (b'{"text": "a", "number": 0.' + b"3" * 100_000 + b"}", 202),
    "an integer of 100,000 digits": (b'{"text": "a", "count": ' + b"9" * 100_000 + b"}", 422),
    "it as a text": (b'{"text": "a", "count": "' + b"9" * 100_000 + b'"}', 422),
    "an integer of 400 digits": (b'{"text": "a", "count": ' + b"9" * 400 + b"}", 202),
    "an integer of 65 bits": (b'{"text": "a", "count": 18446744073709551616}', 202),
    "hexadecimal": (b'{"text": "a", "count": 0x10}', 422),
    "leading zeros": (b'{"text": "a", "count": 007}', 422),
    "not UTF-8": (b'{"text": "\xff\xfe"}', 422),
    "UTF-8 that is too long": (b'{"text": "\xc0\xaf"}', 422),
    "a surrogate in UTF-8": (b'{"text": "\xed\xa0\x80"}', 422),
    "UTF-16": ('{"text": "a"}'.encode("utf-16"), 422),
    "UTF-32": ('{"text": "a"}'.encode("utf-32"), 422),
    "a lone surrogate": (b'{"text": "\\ud800"}', 422),
    "surrogates the wrong way round": (b'{"text": "\\udc00\\ud800"}', 422),
    "NUL as it is": (b'{"text": "a\0b"}', 422),
    "NUL alone": (b"\0", 422),
    "a line feed in a text": (b'{"text": "a\nb"}', 422),
    "a name twice": (b'{"text": "a", "text": "b"}', 202),
    "__proto__": (b'{"text": "a", "__proto__": {"admin": true}}', 422),
    "__class__": (b'{"text": "a", "__class__": "os.system"}', 422),
    "a list for a text": (b'{"text": ["a"]}', 422),
    "an object for a text": (b'{"text": {"$ne": null}}', 422),
    "a text of a MiB": (text("a" * MIB), 202),
    "a text over two MiB": (text("a" * (2 * MIB + 1)), 422),
    "a name of two MiB": (b'{"' + b"a" * 2 * MIB + b'": 1}', 422),
    "a text over two MiB after an escaped quote": (b'{"text": "\\"' + b"a" * 2 * MIB + b'"}', 422),
    "half a million names": (b"{" + b",".join(b'"%x":1' % n for n in range(400_000)) + b"}", 413),
    "one name, half a million times": (b"{" + b",".join([b'"":1'] * 500_000) + b"}", 413),
    "two million numbers": (b"[" + b"1," * 2_000_000 + b"1]", 413),
    "a million lists": (b"[" + b"[]," * 1_000_000 + b"1]", 413),
    "two million numbers for a text": (b'{"text": [' + b"1," * 2_000_000 + b"1]}", 413),
    "ten thousand empty records": (b"[" + b"{}," * 9_999 + b"{}]", 422),
    "10,001 records": (b"[" + b'{"text":""},' * 10_000 + b'{"text":""}]', 413),
    "ten thousand records with five names too many": (b"[" + b'{"a":1,"b":1,"c":1,"d":1,"e":1},' * 9_999 + b"{}]", 413),
    "five MiB": (b"[" + b" " * 5 * MIB + b"]", 413),
    "gzip that does not say so": (GZIPPED, 422),
}
CSV = {
    "nothing": (b"", 422),
    "a mark alone": (b"\xef\xbb\xbf", 422),
    "line feeds alone": (b"\n" * MIB, 422),
    "a million commas": (b"," * MIB, 413),
    "a quote without end": (HEADER + b'"a,0,0\n', 422),
    "text after a quote": (HEADER + b'"a"b,0,0\n', 422),
    "a cell of four million": (b"text\n" + b"x" * 4_000_000, 422),
    "a cell of four million with one emoji": (b"text\n" + b"x" * 4_000_000 + "😀".encode(), 422),
    "a quoted cell of two MiB": (b'text\n"' + b"a\n" * MIB + b'"', 422),
    "a row of 70,000 cells": (HEADER + b"1," * 70_000 + b"1", 422),
    "a header of 70,000 names": (b",".join(b"%x" % n for n in range(70_000)), 422),
    "a column twice": (b"text,text\na,b\n", 422),
    "an unknown column": (b"text,__class__\na,b\n", 422),
    "300,000 rows": (HEADER + b"a,1,1\n" * 300_000, 413),
    "10,001 rows": (b"text\n" + b"a\n" * 10_001, 413),
    "not UTF-8": (HEADER + b"\xff,0,0\n", 422),
    "UTF-16": ((HEADER + b"a,0,0\n").decode().encode("utf-16"), 422),
    "JSON of 150 levels in a cell": (b'text,number\na,"' + b"[" * 150 + b"]" * 150 + b'"\n', 422),
    "1e400 in a cell": (HEADER + b"a,1e400,0\n", 422),
    "100,000 digits in a cell": (HEADER + b"a,0," + b"9" * 100_000 + b"\n", 422),
    "a formula for a number": (HEADER + b"a,=1+1,0\n", 422),
    "a zip": (b"PK\x03\x04" + bytes(range(256)) * 100, 422),
}
TYPES = {
    "XML with entities in entities": ("application/xml", b'<!DOCTYPE a [<!ENTITY b "&c;&c;">]><a>&b;</a>', 415),
    "a form": ("multipart/form-data; boundary=x", b"--x\r\n" * 10_000, 415),
    "a pickle": ("application/octet-stream", b"cos\nsystem\n(S'true'\ntR.", 415),
    "YAML": ("application/yaml", b"!!python/object/apply:os.system ['true']", 415),
    "UTF-7": ("application/json; charset=utf-7", b'{"text": "+AGE-"}', 415),
    "a charset without end": ("application/json; charset=" + "a" * 8_000, b"{}", 415),
    "a thousand parameters": ("text/csv; " + "a=b; " * 1_000, b"text\na\n", 202),
    "parameters that contradict each other": ("text/csv; charset*0=a; charset*=b", b"text\na\n", 415),
    "semicolons": (";" * 1_000, b"{}", 415),
    "a type of bytes": ("\xff\xfe\xfd", b"{}", 415),
}
PACKED = {
    "gzip": GZIPPED,
    "x-gzip": GZIPPED,
    "gzip, gzip": gzip.compress(GZIPPED),
    "deflate": zlib.compress(b" " * 16 * MIB),
    "br": b"\x8b\x80" * 1_000,
    "zstd": b"\x28\xb5\x2f\xfd" * 1_000,
    "GZIP": GZIPPED,
    "nonsense" * 100: b"{}",
}


def bodies() -> Iterator[Hostile]:
    for name, (body, status) in JSON.items():
        yield Hostile(f"JSON: {name}", post(body), (status,))
    for name, (body, status) in CSV.items():
        yield Hostile(f"CSV: {name}", post(body, "text/csv"), (status,))
    for name, (kind, body, status) in TYPES.items():
        yield Hostile(f"type: {name}", post(body, kind), (status,))
    for coding, body in PACKED.items():
        data = post(body, "application/json", f"Content-Encoding: {coding}")
        yield Hostile(f"packed: {coding[:10]}", data, (415,))

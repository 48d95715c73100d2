"""A data set that is published inside a zip is unpacked, or what is wrong with the zip is told."""

import io
import zipfile
from pathlib import Path

import pytest

from tests.training.fetching import CONTENT, fetched, refused
from tests.training.publisher import Publisher


def test_the_member_of_a_zip_is_unpacked_and_compared(site: Publisher, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("folder/data.bin", CONTENT)
    site.content = packed.getvalue()
    path = fetched(site, tmp_path, member="folder/data.bin")
    assert path.read_bytes() == CONTENT
    assert {each.name for each in path.parent.iterdir()} == {"data.bin", "data.bin.lock"}
    path.unlink()
    assert "is no zip that holds train.csv: download it" in refused(site, tmp_path, member="train.csv")
    assert "unpack train.csv and put it at" in refused(site, tmp_path, member="train.csv")
    site.content = CONTENT
    assert "is no zip that holds folder/data.bin" in refused(site, tmp_path, member="folder/data.bin")


@pytest.mark.parametrize(
    ("signature", "place", "byte", "reason"),
    [
        (b"data.bin", 8, 0xFF, "Error -3 while decompressing data: invalid block type"),
        (b"PK\x01\x02", 8, 0x01, "File 'data.bin' is encrypted, password required for extraction"),
        (b"PK\x01\x02", 10, 99, "That compression method is not supported"),
    ],
    ids=["damaged", "encrypted", "other method"],
)
def test_a_zip_that_can_not_be_unpacked_is_told(
    site: Publisher, tmp_path: Path, signature: bytes, place: int, byte: int, reason: str
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.bin", b"text " * 1000)
    content = bytearray(packed.getvalue())
    content[content.index(signature) + place] = byte
    site.content = bytes(content)
    told = refused(site, tmp_path, member="data.bin")
    assert f"is a zip whose data.bin can't be unpacked ({reason}): download it elsewhere, unpack data.bin and" in told
    assert [each.name for each in (tmp_path / "set").iterdir()] == ["data.bin.lock"]

"""The bytes that a reader reads."""

import io


class Source:
    """Bytes as a file that never returns fewer than it was asked for: short reads are where two readers differ."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def skip(self, size: int) -> None:
        """What is skipped beyond the end is missed by the next read."""
        self._file.seek(size, io.SEEK_CUR)

    def readline(self) -> bytes:
        line = self._file.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        return line

    @property
    def position(self) -> int:
        return self._file.tell()

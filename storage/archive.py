"""One ZIP file of many files: the same contents give the same bytes, whenever and wherever it is made."""

import zipfile
from collections.abc import Iterable
from operator import itemgetter
from pathlib import Path

from storage.atomic import replacing

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first time that the format can tell; the true one would make every archive another."""

PACKED_ALREADY = (".webp", ".jpg", ".png", ".parquet")
READABLE = 0o644
UNIX = 3


def write_archive(path: Path, folder: str, files: Iterable[tuple[str, bytes | Path]]) -> None:
    """Write an archive whole or not at all.

    Args:
        path: of the archive.
        folder: name of the one folder that it unpacks to.
        files: pairs of a name with `/` between folders, and a content or the file that has it. In
            whatever order they come, the archive has them by name.
    """
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, content in sorted(files, key=itemgetter(0)):
            entry = zipfile.ZipInfo(f"{folder}/{name}", EARLIEST)
            entry.create_system = UNIX  # the system that it was made on is told otherwise
            entry.external_attr = READABLE << 16
            packed = name.endswith(PACKED_ALREADY)
            entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            data = content.read_bytes() if isinstance(content, Path) else content
            archive.writestr(entry, data, compresslevel=9)

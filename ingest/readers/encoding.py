"""Find out how a text file is encoded, and make a UTF-8 copy of what is not UTF-8."""

import codecs
import io
import re
import tempfile
from pathlib import Path

from ingest.readers.base import BadFile

BLOCK = 1 << 20  # bytes

# Windows-1252 with the five bytes it leaves undefined read as Latin-1 does, so that every byte is a character
WINDOWS_1252 = "".join(bytes([n]).decode("cp1252", "ignore") or chr(n) for n in range(256))

MULTI_BYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def find_encoding(path: Path) -> str:
    """ "utf-8", "utf-8-sig", "utf-16-le", "utf-16-be" or "windows-1252". Broken UTF-8 is "utf-8": scan() names the place.

    Reads as far as the first byte that is not ASCII; about 5 GB/s.
    """
    with path.open("rb") as file:
        block = file.read(BLOCK)
        if block.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        if utf16 := _utf16(block):
            return utf16
        while block and block.isascii():
            block = file.read(BLOCK)
    return _utf8_or_windows(block)


def _utf16(block: bytes) -> str:
    if block.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if block.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    half = len(block) // 2
    # Delimiters, digits, spaces and newlines make many NULs on one side, even in Chinese text
    low, high = block[1::2].count(0), block[0::2].count(0)
    if half and low > half * 0.1 and not high:
        return "utf-16-le"
    if half and high > half * 0.1 and not low:
        return "utf-16-be"
    return ""


def _utf8_or_windows(block: bytes) -> str:
    # A mixture is broken UTF-8: guessing would turn its good characters into rubbish without a word
    try:
        codecs.getincrementaldecoder("utf-8")().decode(block)
    except UnicodeDecodeError:
        return "utf-8" if MULTI_BYTE.search(block) else "windows-1252"
    return "utf-8"


def has_cr_only(path: Path) -> bool:
    """Whether the lines end as on an old Mac. Looks at the first megabyte."""
    with path.open("rb") as file:
        block = file.read(BLOCK)
    return b"\r" in block and b"\n" not in block


def transcode(path: Path, encoding: str, folder: Path) -> Path:
    """Write a UTF-8 copy into `folder`, streaming; a lone CR at the ends of lines becomes LF. Raises BadFile."""
    with path.open("rb") as source, tempfile.NamedTemporaryFile("wb", dir=folder, suffix=".csv", delete=False) as target:
        try:
            _copy(source, target, encoding)  # type: ignore[arg-type]
        except UnicodeDecodeError as error:
            Path(target.name).unlink()
            raise BadFile(f"The file is broken {encoding.upper()}: {error.reason}. Save it as UTF-8 and try again.") from None
        except BaseException:
            Path(target.name).unlink()
            raise
    return Path(target.name)


def _copy(source: io.BufferedIOBase, target: io.BufferedIOBase, encoding: str) -> None:
    newlines: io.IncrementalNewlineDecoder | None = None
    decoder = None if encoding == "windows-1252" else codecs.getincrementaldecoder(encoding)("surrogateescape")
    if encoding.startswith("utf-16"):
        decoder = codecs.getincrementaldecoder(encoding)()
    first = True
    while True:
        block = source.read(BLOCK)
        text = decoder.decode(block, not block) if decoder else codecs.charmap_decode(block, "strict", WINDOWS_1252)[0]
        if first:
            text = text.removeprefix("\ufeff")
            if "\r" in text and "\n" not in text:
                newlines = io.IncrementalNewlineDecoder(None, translate=True)
            first = False
        if newlines:
            text = newlines.decode(text, not block)
        target.write(text.encode("utf-8", "surrogateescape"))
        if not block:
            return

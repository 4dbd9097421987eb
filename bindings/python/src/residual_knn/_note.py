# SPDX-License-Identifier: Apache-2.0
"""The note of a saved index: how its points were read, and its kernel as the user named it.

docs/index-format.md describes its lines. The program and the packages for R and Julia read and write the same.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional
from urllib.parse import unquote_to_bytes

import numpy as np

from ._coordinates import Coordinates
from ._errors import CorruptIndexError
from ._pointers import DoubleArray

_FIRST = "residual-knn note 1"


@dataclass(frozen=True)
class Note:
    """What an index file does not hold otherwise. `kernel` and `lengthscales` are None if the file has no name of its own."""

    coordinates: Coordinates
    kernel: Optional[str] = None
    lengthscales: Optional[DoubleArray] = None
    jitter: Optional[List[float]] = None  # and the largest one


def text_of(note: Note, former: str = "") -> str:
    """The text that the file holds. Lines that mean nothing here are kept from the note before: the order of the rows, which
    the program writes, and R's choice of columns."""
    coordinates = note.coordinates
    lines = [_FIRST, f"columns {coordinates.given}"]
    if coordinates.lonlat is not None:
        lines.append("lonlat {} {}".format(*coordinates.lonlat))
    lines += [f"name {_encoded(name)}" for name in coordinates.names or ()]
    if note.kernel is not None and note.lengthscales is not None:
        lines += [f"kernel {note.kernel}", "lengthscales " + _numbers_text(note.lengthscales)]
    if note.jitter is not None:
        lines.append("jitter " + _numbers_text(note.jitter))
    lines += [line for line in former.split("\n") if line.startswith(("chosen ", "order "))]
    return "\n".join(lines) + "\n"


def parsed(text: str, d: int) -> Note:
    """The note of an index with d coordinates in the library. A text of another form is as good as none."""
    first, _, rest = text.partition("\n")
    found = _Lines()
    for line in rest.split("\n") if first == _FIRST else ():
        key, _, value = line.partition(" ")
        if key == "name":
            found.names.append(_decoded(value))
        elif key != "order":
            found.values[key] = value
    lonlat = _places(found.values.get("lonlat"))
    extra = 0 if lonlat is None else 1
    counts = _numbers(found.values.get("columns", str(d - extra)))
    if counts != [d - extra]:
        raise CorruptIndexError(f"the note in the file has {found.values.get('columns')} columns for {d} coordinates")
    given = d - extra
    if lonlat is not None and not (lonlat[0] != lonlat[1] and all(0 <= place < given for place in lonlat)):
        raise CorruptIndexError(f"the note in the file has longitude and latitude in columns {lonlat} of {given}")
    if found.names and len(found.names) != given:
        raise CorruptIndexError(f"the note in the file has {len(found.names)} names for {given} columns")
    scales, jitter = found.values.get("lengthscales"), found.values.get("jitter")
    return Note(Coordinates(given, lonlat, found.names or None), found.values.get("kernel"),
                None if scales is None else np.array(_numbers(scales)), None if jitter is None else _numbers(jitter))


@dataclass
class _Lines:
    names: List[str] = field(default_factory=list)
    values: Dict[str, str] = field(default_factory=dict)


def _encoded(name: str) -> str:
    """Control characters and %, and bytes that are no UTF-8, as % and two hexadecimal digits."""
    return "".join(_code(c) if ord(c) < 0x20 or c in "%\x7f" or 0xD800 <= ord(c) <= 0xDFFF else c for c in name)


def _code(c: str) -> str:
    # os.fsdecode and errors="surrogateescape" make such characters of bytes.
    is_byte = 0xDC80 <= ord(c) <= 0xDCFF
    return "".join(f"%{byte:02X}" for byte in c.encode("utf-8", "surrogateescape" if is_byte else "surrogatepass"))


def _decoded(text: str) -> str:
    name = unquote_to_bytes(text)
    try:
        return name.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return name.decode("utf-8", "surrogateescape")


def _numbers_text(numbers: Any) -> str:
    return " ".join(repr(float(number)) for number in numbers)


def _numbers(text: str) -> List[float]:
    try:
        return [float(word) for word in text.split()]
    except ValueError:
        raise CorruptIndexError(f"the note in the file has {text!r}, must have numbers") from None


def _places(text: Optional[str]) -> Any:
    return None if text is None else tuple(int(place) for place in (_numbers(text) + [-1.0, -1.0])[:2])

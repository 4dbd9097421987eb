# SPDX-License-Identifier: Apache-2.0
"""The note of a saved index: how its points were read, and its kernel as the user named it.

docs/index-format.md describes its lines. The program and the packages for R and Julia read and write the same.
"""
from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, NoReturn, Optional, Pattern
from urllib.parse import unquote_to_bytes

import numpy as np

from ._arguments import described
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


def parsed(text: str, d: int, path: str) -> Note:
    """The note of an index with d coordinates in the library, from a file. A text of another form is as good as none."""
    lines = _Lines(text, path)
    lonlat = lines.numbers("lonlat", f"two different numbers of columns below {d - 1}", _WHOLE,
                           lambda places: len(places) == 2 and places[0] != places[1] and max(places) < d - 1)
    given = d if lonlat is None else d - 1
    lines.numbers("columns", f"the number of columns, {given}", _WHOLE, lambda count: count == [given])
    if lines.names and len(lines.names) != given:
        lines.refuse(f"it has {len(lines.names)} names for {given} columns")
    lengthscales = lines.numbers("lengthscales", "positive numbers", _DECIMAL, lambda scales: min(scales) > 0)
    jitter = lines.numbers("jitter", "two numbers", _DECIMAL, lambda numbers: len(numbers) == 2)
    places = None if lonlat is None else (int(lonlat[0]), int(lonlat[1]))
    return Note(Coordinates(given, places, lines.names or None), lines.values.get("kernel"),
                None if lengthscales is None else np.array(lengthscales), jitter)


_WHOLE = re.compile("[0-9]{1,15}")
_DECIMAL = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|-0(?:\.0)?")


class _Lines:
    """The lines of a note. Those with other keys are left out."""

    def __init__(self, text: str, path: str) -> None:
        self._path = path
        self.names: List[str] = []
        self.values: Dict[str, str] = {}
        first, _, rest = text.partition("\n")
        for line in rest.split("\n") if first == _FIRST else ():
            key, _, value = line.partition(" ")
            if key == "name":
                self.names.append(_decoded(value))
            elif key in ("columns", "lonlat", "kernel", "lengthscales", "jitter"):
                if key in self.values:
                    self.refuse(f"it has two lines {key!r}")
                self.values[key] = value

    def numbers(self, key: str, what: str, form: Pattern[str], fit: Callable[[List[float]], bool]) -> Optional[List[float]]:
        """The numbers of a line, or None without that line. `what` says which numbers `fit`."""
        value = self.values.get(key)
        if value is None:
            return None
        words = value.split(" ")
        numbers = [float(word) + 0.0 for word in words if form.fullmatch(word)]
        if len(numbers) < len(words) or not all(map(math.isfinite, numbers)) or not fit(numbers):
            self.refuse(f"the line {described(f'{key} {value}')} must have {what}")
        return numbers

    def refuse(self, what: str) -> NoReturn:
        raise CorruptIndexError(f"{self._path}: the note does not fit the index: {what}")


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
    """Adding 0 makes -0 to 0."""
    return " ".join(repr(float(number) + 0.0) for number in numbers)

#!/usr/bin/env python3
"""Writes src/residual_knn/_c.py: the C interface of residual_knn.h for ctypes, as constants, enums, structures and functions.

    python3 bindings/python/generate.py [--check]

bindings/swig/header_tree.py reads the header. This program converts its declarations to Python. It stops at any construct
that it does not know. The same header always gives the same bytes. With --check, the program writes nothing and fails if
the file is out of date.

SPDX-License-Identifier: Apache-2.0
"""
import keyword
import os
import pathlib
import re
import sys
import textwrap

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "swig"))

import header_tree  # noqa: E402
from header_tree import fail  # noqa: E402

OUTPUT = HERE / "src" / "residual_knn" / "_c.py"
WIDTH = 120
PREFIX = "residual_knn_"

# The types of ctypes and of Python.
PLAIN_TYPES = {
    "double": ("ctypes.c_double", "float"),
    "int32_t": ("ctypes.c_int32", "int"),
    "int64_t": ("ctypes.c_int64", "int"),
    "size_t": ("ctypes.c_size_t", "int"),
    "uint64_t": ("ctypes.c_uint64", "int"),
    "void": ("None", "None"),
}
# Arrays of NumPy that are passed by address; see _pointers.py.
ARRAYS = {"double": "Doubles", "int64_t": "Int64s", "int32_t": "Int32s"}
TEXT = "p.q(const).char"
ADDRESS = "ctypes.c_void_p"

PROLOGUE = '''\
# Written by bindings/python/generate.py from include/residual_knn.h. Do not edit.
#
# SPDX-License-Identifier: Apache-2.0
"""The C interface of libresidual_knn for ctypes: no conversions, row numbers from 0.

Names are those of the header without `residual_knn_`; structures and enums have names in CamelCase, and members of enums
lack their common prefix. The comments are those of the header.
"""
from __future__ import annotations

import ctypes
import enum
from typing import Any, Optional

from ._pointers import {pointers}
'''

HELPERS = '''\
def _declared(function: Any, result: Any, *arguments: Any) -> Any:
    """A function of the library with its types."""
    function.restype = result
    function.argtypes = arguments
    return function
'''


def camel(name):
    """ModelOptions for residual_knn_model_options."""
    return "".join(part.capitalize() for part in short(name).split("_"))


def short(name):
    if not name.startswith(PREFIX):
        fail(f"{name} does not begin with {PREFIX}")
    return name[len(PREFIX):]


def item_names(enum):
    """The names of the items without their common prefix, which ends with an underscore."""
    names = [name for name, _ in enum.items]
    shared = os.path.commonprefix(names)
    skipped = shared.rindex("_") + 1
    return [name[skipped:] for name in names]


def docstring(text, indent):
    """A Python docstring with this text, or nothing without text."""
    if not text:
        return ""
    if '"""' in text or "\\" in text:
        fail(f"a comment that cannot be in a Python string: {text}")
    lines = text.splitlines()
    if len(lines) == 1 and len(text) + indent + 6 <= WIDTH:
        return f'{" " * indent}"""{text}"""\n'
    return textwrap.indent(f'"""{text}\n"""\n', " " * indent, lambda line: line.strip())


def call_text(before, arguments, after):
    """A call or a signature, in lines of the usual width."""
    line = before + ", ".join(arguments) + after
    if len(line) <= WIDTH:
        return line + "\n"
    indent = len(before) - len(before.lstrip()) + (8 if before.lstrip().startswith("def ") else 4)
    body = textwrap.fill(", ".join(argument.replace(" ", "\0") for argument in arguments), WIDTH - 1,
                         initial_indent=" " * indent, subsequent_indent=" " * indent, break_long_words=False,
                         break_on_hyphens=False).replace("\0", " ")
    return f"{before}\n{body}{after}\n"


class Generator(header_tree.Generator):
    """Converts the declarations of the header to Python."""

    def __init__(self, declarations, comments):
        super().__init__(declarations, comments)
        self._aliases = {}
        self._callbacks = set()
        self._structs = {}  # name -> whether it is opaque
        self._functions = []
        self._pointers = set()

    def types(self, swig_type):
        """The type of ctypes and the type hint of Python."""
        is_input = "q(const)" in swig_type
        if swig_type == TEXT:
            return "ctypes.c_char_p", "bytes"
        plain = swig_type.replace("q(const).", "")
        if plain.startswith("p."):
            return self._pointer_types(plain[2:], is_input)
        array = re.fullmatch(r"a\((\d+)\)\.(.+)", plain)
        if array:
            return f"{self.types(array[2])[0]} * {array[1]}", "Any"
        if plain in PLAIN_TYPES:
            return PLAIN_TYPES[plain]
        if plain in self._aliases:
            return self._aliases[plain]
        if plain in self._callbacks:
            return camel(plain), "Any"
        return fail(f"unknown type {swig_type}")

    def _pointer_types(self, target, is_input):
        if target == "void":
            return ADDRESS, "Optional[int]"
        if target in ARRAYS:
            name = ARRAYS[target] + ("" if is_input else "Out")
            self._pointers.add(name)
            return name, f"Optional[{ARRAYS[target].rstrip('s')}Array]"
        if target.startswith("p.") and self._structs.get(target[2:]):
            return f"ctypes.POINTER({ADDRESS})", ADDRESS
        if target in self._structs:
            if self._structs[target]:
                return ADDRESS, f"Optional[{ADDRESS}]"
            return f"ctypes.POINTER({camel(target)})", f"Optional[{camel(target)}]"
        return fail(f"unknown pointer to {target}")

    def field_type(self, swig_type):
        """Fields and parameters of callbacks hold addresses, as numbers."""
        is_address = swig_type.replace("q(const).", "").startswith("p.")
        return (ADDRESS, "Optional[int]") if is_address else self.types(swig_type)

    def constant(self, constant):
        return f"{constant.name[len(PREFIX):]} = {constant.value}\n"

    def enum(self, enum):
        lines = []
        for (name, value), item in zip(enum.items, item_names(enum)):
            note = self._comments.of(name)
            lines.append(f"    {item} = {value}\n" + docstring(note, 4))
        return f"\nclass {camel(enum.name)}(enum.IntEnum):\n{docstring(self._comments.of(enum.name), 4)}\n" + "".join(lines)

    def struct(self, struct):
        self._structs[struct.name] = struct.is_opaque
        if struct.is_opaque:
            self._comments.of(struct.name)
            return ""
        notes = []
        hints = []
        fields = []
        for name, kind in struct.fields:
            ctype, hint = self.field_type(kind)
            note = self._comments.of_field(struct.name, name)
            notes.append(f"{name}" + (f"\n{textwrap.indent(note, '    ')}" if note else ""))
            hints.append(f"    {name}: {hint}\n")
            fields.append(f'        ("{name}", {ctype}),\n')
        text = self._comments.of(struct.name) + "\n\n" + "\n".join(notes)
        return (f"\nclass {camel(struct.name)}(ctypes.Structure):\n{docstring(text, 4)}\n" + "".join(hints) +
                "\n    _fields_ = [\n" + "".join(fields) + "    ]\n")

    def alias(self, alias):
        self._aliases[alias.name] = self.types(alias.type)
        self._comments.of(alias.name)
        return ""

    def callback(self, callback):
        self._callbacks.add(callback.name)
        types = [self.types(callback.result)[0]] + [self.field_type(kind)[0] for _, kind in callback.parameters]
        comment = header_tree.as_markdown(self._comments.of(callback.name))
        names = ", ".join(name for name, _ in callback.parameters)
        return (call_text(f"{camel(callback.name)} = ctypes.CFUNCTYPE(", types, ")") +
                docstring(f"The arguments are {names}.\n\n{comment}", 0))

    def function(self, function):
        self._functions.append(function)
        return ""

    def _lookup(self, function):
        types = [self.types(function.result)[0]] + [self.types(kind)[0] for _, kind in function.parameters]
        return call_text(f"        self._{short(function.name)} = _declared(", [f"library.{function.name}"] + types, ")")

    def _method(self, function):
        names = [name for name, _ in function.parameters]
        for name in names:
            if keyword.iskeyword(name):
                fail(f"{function.name} has a parameter with the Python keyword {name}")
        hints = ["self"] + [f"{name}: {self.types(kind)[1]}" for name, kind in function.parameters]
        result = self.types(function.result)[1]
        comment = header_tree.as_markdown(self._comments.of(function.name))
        before = "        " if result == "None" else "        return "
        value = f"self._{short(function.name)}("
        if result == "None":
            return (call_text(f"    def {short(function.name)}(", hints, ") -> None:") + docstring(comment, 8) +
                    call_text(before + value, names, ")"))
        return (call_text(f"    def {short(function.name)}(", hints, f") -> {result}:") + docstring(comment, 8) +
                call_text(f"        result: {result} = " + value, names, ")") + "        return result\n")

    def text(self):
        body = self.texts()
        lookups = "".join(self._lookup(function) for function in self._functions)
        methods = "\n".join(self._method(function) for function in self._functions)
        self._comments.check_all_used()
        version = ".".join(str(constant.value) for constant in self._declarations
                           if isinstance(constant, header_tree.Constant) and "_VERSION_" in constant.name)
        version = f'VERSION = "{version}"\n"""The three numbers of the version."""\n'
        functions = (
            "\nclass Functions:\n"
            '    """The functions of a loaded library. An AttributeError names a function that the library lacks."""\n\n'
            f"    def __init__(self, library: ctypes.CDLL) -> None:\n{lookups}\n{methods}")
        arrays = {name.replace("sOut", "s").rstrip("s") + "Array" for name in self._pointers}
        pointers = ", ".join(sorted(self._pointers | arrays))
        return "\n".join([PROLOGUE.replace("{pointers}", pointers), version, *body, "", HELPERS, functions])


if __name__ == "__main__":
    header_tree.generate(Generator, OUTPUT, sys.argv[1:])

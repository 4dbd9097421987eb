#!/usr/bin/env python3
"""Writes src/LibResidualKNN.jl: the C interface of residual_knn.h as Julia constants, enums, structs and
ccall wrappers.

    python3 bindings/julia/generate.py [--check]

bindings/swig/header_tree.py reads the header. This program converts its declarations to Julia. It stops at any construct
that it does not know. The same header always gives the same bytes. With --check, the program writes nothing and fails if
the file is out of date.

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import re
import sys
import textwrap

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "swig"))

import header_tree  # noqa: E402
from header_tree import fail  # noqa: E402

OUTPUT = HERE / "src" / "LibResidualKNN.jl"

PLAIN_TYPES = {
    "char": "Cchar",
    "double": "Cdouble",
    "int32_t": "Int32",
    "int64_t": "Int64",
    "size_t": "Csize_t",
    "uint64_t": "UInt64",
    "void": "Cvoid",
}
JULIA_WORDS = {
    "begin", "break", "catch", "const", "continue", "do", "else", "end", "export", "false", "finally",
    "for", "function", "global", "if", "import", "let", "local", "macro", "module", "quote", "return",
    "struct", "true", "try", "using", "while",
}

PROLOGUE = '''\
# Written by bindings/julia/generate.py from include/residual_knn.h. Do not edit.
#
# SPDX-License-Identifier: Apache-2.0
"""
The C interface of libresidual_knn with its own names: no checks, no conversions, row numbers from 0.
The comments are those of the header, `residual_knn.h`.
"""
module LibResidualKNN
'''

# The init functions of the library get the size that this module knows, and write at most that many bytes. Fields that
# an older library does not know stay zero.
INITIALIZED = '''\
function _initialized(::Type{T}, init::Ptr{Cvoid}) where {T}
    words = zeros(UInt64, sizeof(T) ÷ sizeof(UInt64))
    GC.@preserve words begin
        ccall(init, Cvoid, (Ptr{Cvoid}, Csize_t), pointer(words), sizeof(T))
        return unsafe_load(Ptr{T}(pointer(words)))
    end
end
'''


def docstring(text):
    """A Julia docstring with this text; '' without text."""
    if not text:
        return ""
    if '"""' in text or text.endswith("\\"):
        fail(f"a comment that cannot be in a Julia string: {text}")
    return f'@doc raw"""\n{text}\n"""\n'


def indented(text, by):
    return textwrap.indent(text, " " * by).lstrip()


class Generator(header_tree.Generator):
    """Converts the declarations of the header to Julia."""

    def __init__(self, declarations, comments):
        super().__init__(declarations, comments)
        self._aliases = {}       # typedefs of plain types
        self._callbacks = set()  # typedefs of function pointers
        self._structs = set()
        self._functions = []
        # Structs that the library fills for a callback have no function that initializes them.
        self._all_functions = {each.name for each in declarations if isinstance(each, header_tree.Function)}

    def julia_type(self, swig_type):
        swig_type = swig_type.replace("q(const).", "")
        if swig_type.startswith("p."):
            return f"Ptr{{{self.julia_type(swig_type[2:])}}}"
        array = re.fullmatch(r"a\((\d+)\)\.(.+)", swig_type)
        if array:
            return f"NTuple{{{array[1]}, {self.julia_type(array[2])}}}"
        if swig_type in PLAIN_TYPES:
            return PLAIN_TYPES[swig_type]
        if swig_type in self._aliases or swig_type in self._structs:
            return swig_type
        if swig_type in self._callbacks:
            return "Ptr{Cvoid}"
        return fail(f"unknown type {swig_type}")

    def constant(self, constant):
        return f"const {constant.name} = {constant.value}\n"

    def enum(self, enum):
        lines = []
        notes = []
        for item, value in enum.items:
            lines.append(f"    {item} = {value}")
            note = self._comments.of(item)
            notes.append(f"- `{item}`" + (f": {indented(note, 2)}" if note else ""))
        text = "\n\n".join(filter(None, [self._comments.of(enum.name), "\n".join(notes)]))
        return docstring(text) + f"@enum {enum.name}::Int32 begin\n" + "\n".join(lines) + "\nend\n"

    def struct(self, struct):
        name = struct.name
        self._structs.add(name)
        if struct.is_opaque:
            return docstring(self._comments.of(name)) + f"mutable struct {name} end\n"
        fields = []
        notes = []
        for field, kind in struct.fields:
            fields.append(f"    {field}::{self.julia_type(kind)}")
            note = self._comments.of_field(name, field)
            notes.append(f"- `{field}`" + (f": {indented(note, 2)}" if note else ""))
        text = "\n\n".join(filter(None, [self._comments.of(name), "\n".join(notes)]))
        constructor = f"{name}() = _initialized({name}, _{name}_init[])\n"
        return (docstring(text) + f"mutable struct {name}\n" + "\n".join(fields) + "\nend\n" +
                (constructor if f"{name}_init" in self._all_functions else "") +
                f"Base.cconvert(::Type{{Ptr{{{name}}}}}, x::{name}) = Ref(x)\n")

    def alias(self, alias):
        self._aliases[alias.name] = self.julia_type(alias.type)
        return docstring(self._comments.of(alias.name)) + f"const {alias.name} = {self._aliases[alias.name]}\n"

    def callback(self, callback):
        self._callbacks.add(callback.name)
        signature = ", ".join(self.julia_type(kind) for _, kind in callback.parameters)
        # The module that uses the macro need not know the names of this one.
        for struct in self._structs:
            signature = re.sub(rf"\b{struct}\b", f"${struct}", signature)
        return (docstring(header_tree.as_markdown(self._comments.of(callback.name))) +
                f"macro {callback.name}(f)\n"
                f"    return esc(:(@cfunction($f, {self.julia_type(callback.result)}, ({signature},))))\n"
                "end\n")

    def function(self, function):
        name = function.name
        result = "Cstring" if function.result == "p.q(const).char" else self.julia_type(function.result)
        names = [p for p, _ in function.parameters]
        for parameter in names:
            if parameter in JULIA_WORDS:
                fail(f"{name} has a parameter with the Julia keyword {parameter}")
        types = ", ".join(self.julia_type(kind) for _, kind in function.parameters) + ("," if len(names) == 1 else "")
        arguments = "".join(f", {p}" for p in names)
        self._functions.append(name)
        return (docstring(header_tree.as_markdown(self._comments.of(name))) +
                f"function {name}({', '.join(names)})\n"
                f"    return ccall(_{name}[], {result}, ({types}){arguments})\n"
                "end\n")

    def text(self):
        body = self.texts()
        self._comments.check_all_used()
        symbols = ["# Addresses of the functions. They are set when the library is loaded, so no path is compiled in.\n" +
                   "".join(f"const _{f} = Ref{{Ptr{{Cvoid}}}}(C_NULL)\n" for f in self._functions)]
        load = ["\"Looks up every function in the library with this handle of Libdl; throws if one is missing.\"\n"
                "function load_symbols!(handle)\n" +
                "".join(f"    _{f}[] = Libdl.dlsym(handle, :{f})\n" for f in self._functions) +
                "    return nothing\nend\n"]
        parts = [PROLOGUE, "using Libdl\n", *symbols, INITIALIZED, *body, *load, "end # module\n"]
        return "\n".join(parts)


if __name__ == "__main__":
    header_tree.generate(Generator, OUTPUT, sys.argv[1:])

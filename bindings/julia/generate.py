#!/usr/bin/env python3
"""Writes src/LibResidualKNN.jl: the C interface of residual_knn.h as Julia constants, enums, structs and
ccall wrappers.

    python3 bindings/julia/generate.py [--check]

SWIG parses the header (`swig -xml residual_knn_xml.i`). This program converts the parse tree to Julia. SWIG drops the
comments, so the program reads them from the header itself. It stops at any construct that it does not know. The same
header always gives the same bytes. With --check, the program writes nothing and fails if the file is out of date.

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap
import xml.etree.ElementTree as ElementTree

HERE = pathlib.Path(__file__).resolve().parent
INTERFACE = "residual_knn_xml.i"
HEADER = "../../include/residual_knn.h"
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


def fail(message):
    sys.exit(f"generate.py: {message}")


def attributes(element):
    """The attributes of a node of SWIG's tree as a dictionary."""
    found = element.find("attributelist")
    if found is None:
        return {}
    return {item.get("name"): item.get("value") for item in found.findall("attribute")}


def parameters(element):
    """(name, SWIG type) of each parameter of a function; [] for f(void)."""
    found = element.find("attributelist/parmlist")
    pairs = []
    for item in ([] if found is None else found.findall("parm")):
        values = attributes(item)
        if values["type"] == "void":
            continue
        if not values.get("name"):
            fail(f"a parameter of {attributes(element)['name']} has no name")
        pairs.append((values["name"], values["type"]))
    return pairs


def parse_header():
    """The declarations of the header in SWIG's tree, in the order of the header."""
    with tempfile.TemporaryDirectory() as folder:
        tree_file = pathlib.Path(folder) / "tree.xml"
        try:
            subprocess.run(["swig", "-xml", "-o", str(tree_file), INTERFACE], cwd=HERE, check=True)
        except FileNotFoundError:
            fail("swig is not installed")
        except subprocess.CalledProcessError as error:
            fail(f"swig ended with {error.returncode}")
        tree = ElementTree.parse(tree_file).getroot()
    for include in tree.iter("include"):
        if attributes(include).get("name") == HEADER:
            return [node for node in include if node.tag != "attributelist"]
    return fail(f"SWIG's tree has no {HEADER}")


def read_comments(header):
    """{name: comment} for every declaration after a /** comment */."""
    comments = {}
    for match in re.finditer(r"/\*\*(.*?)\*/\s*(.*?)[;{,}]", header, re.DOTALL):
        comment, declared = match.groups()
        lines = [re.sub(r"^\s*\* ?", "", line).rstrip() for line in comment.strip().splitlines()]
        # The name is in a function pointer, before a parameter list, after enum or struct, or at the end.
        for pattern in (r"\(\*\s*(\w+)\)", r"(\w+)\s*\(", r"\b(?:enum|struct)\s+(\w+)\s*$",
                        r"(\w+)\s*(?:\[\d+\]\s*)?(?:=\s*-?\w+\s*)?$"):
            name = re.search(pattern, declared.strip())
            if name:
                # Fields of two structs may have the same name, so a field is looked up with its struct.
                comments[match.end(), name.group(1)] = "\n".join(lines)
                break
        else:
            fail(f"a comment before a declaration without a name: {declared!r}")
    return comments


class Comments:
    """The comments of the header by name, and by struct and name for fields."""

    def __init__(self, header):
        self._places = read_comments(header)
        self._header = header
        self._used = set()

    def of(self, name):
        found = [key for key in self._places if key[1] == name]
        if len(found) > 1:
            fail(f"{name} has {len(found)} comments")
        self._used.update(found)
        return self._places[found[0]] if found else ""

    def of_field(self, struct, name):
        start = self._header.index(f"typedef struct {struct} {{")
        end = self._header.index(f"}} {struct};", start)
        found = [key for key in self._places if key[1] == name and start < key[0] <= end]
        if len(found) > 1:
            fail(f"{struct}.{name} has {len(found)} comments")
        self._used.update(found)
        return self._places[found[0]] if found else ""

    def check_all_used(self):
        unused = sorted(name for place, name in self._places.keys() - self._used)
        if unused:
            fail(f"comments of the header without a declaration: {', '.join(unused)}")


def as_markdown(comment):
    """A comment of the header with its @param and @return lines as a list."""
    result = []
    in_item = False
    for line in comment.splitlines():
        item = re.match(r"@(param)\s+(\w+)\s+(.*)|@(return)\s+(.*)", line)
        if item:
            if not in_item and result:
                result.append("")
            head, text = (f"`{item[2]}`", item[3]) if item[1] else ("returns", item[5])
            result.append(f"- {head}: {text}")
            in_item = True
        elif in_item and line.startswith(" "):
            result.append("  " + line.strip())
        elif in_item:
            result.extend(["", line])
            in_item = False
        else:
            result.append(line)
    return "\n".join(result)


def docstring(text):
    """A Julia docstring with this text; '' without text."""
    if not text:
        return ""
    if '"""' in text or text.endswith("\\"):
        fail(f"a comment that cannot be in a Julia string: {text}")
    return f'@doc raw"""\n{text}\n"""\n'


def indented(text, by):
    return textwrap.indent(text, " " * by).lstrip()


class Generator:
    """Converts the declarations of the header to Julia."""

    def __init__(self, declarations, comments):
        self._declarations = declarations
        self._comments = comments
        self._aliases = {}    # typedefs of plain types
        self._callbacks = {}  # typedefs of function pointers
        self._structs = set()
        self._functions = []
        self._initialized_structs = []

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

    def constant(self, node):
        values = attributes(node)
        if values["type"] != "int":
            fail(f"{values['name']} is of type {values['type']}")
        return f"const {values['name']} = {int(values['value'], 0)}\n"

    def enum(self, node):
        name = attributes(node)["name"]
        lines = []
        notes = []
        value = -1
        for item in node.findall("enumitem"):
            values = attributes(item)
            value = int(values["enumvalue"], 0) if "enumvalue" in values else value + 1
            lines.append(f"    {values['name']} = {value}")
            note = self._comments.of(values["name"])
            notes.append(f"- `{values['name']}`" + (f": {indented(note, 2)}" if note else ""))
        text = "\n\n".join(filter(None, [self._comments.of(name), "\n".join(notes)]))
        return docstring(text) + f"@enum {name}::Int32 begin\n" + "\n".join(lines) + "\nend\n"

    def struct(self, node):
        name = attributes(node)["name"]
        self._structs.add(name)
        fields = []
        notes = []
        for item in node.findall("cdecl"):
            values = attributes(item)
            fields.append(f"    {values['name']}::{self.julia_type(values['decl'] + values['type'])}")
            note = self._comments.of_field(name, values["name"])
            notes.append(f"- `{values['name']}`" + (f": {indented(note, 2)}" if note else ""))
        self._initialized_structs.append(name)
        text = "\n\n".join(filter(None, [self._comments.of(name), "\n".join(notes)]))
        return (docstring(text) + f"mutable struct {name}\n" + "\n".join(fields) + "\nend\n"
                f"{name}() = _initialized({name}, _{name}_init[])\n"
                f"Base.cconvert(::Type{{Ptr{{{name}}}}}, x::{name}) = Ref(x)\n")

    def typedef(self, node):
        values = attributes(node)
        name, swig_type, declarator = values["name"], values["type"], values["decl"]
        if declarator.startswith("p.f("):
            self._callbacks[name] = None
            signature = ", ".join(self.julia_type(kind) for _, kind in parameters(node))
            result = self.julia_type(swig_type)
            return (docstring(as_markdown(self._comments.of(name))) +
                    f"macro {name}(f)\n"
                    f"    return esc(:(@cfunction($f, {result}, ({signature},))))\n"
                    "end\n")
        if declarator:
            fail(f"typedef {name} is a {declarator}{swig_type}")
        if swig_type == f"struct {name}":
            if name in self._structs:
                return ""  # declared before, with its fields
            self._structs.add(name)
            return docstring(self._comments.of(name)) + f"mutable struct {name} end\n"
        self._aliases[name] = self.julia_type(swig_type)
        return docstring(self._comments.of(name)) + f"const {name} = {self._aliases[name]}\n"

    def function(self, node):
        values = attributes(node)
        name = values["name"]
        # "f(p.q(const).double,int32_t).p.": the part after the parameters belongs to the result.
        depth = 0
        for place, letter in enumerate(values["decl"]):
            depth += (letter == "(") - (letter == ")")
            if letter == ")" and depth == 0:
                break
        result_type = values["decl"][place + 1:].lstrip(".") + values["type"]
        result = "Cstring" if result_type == "p.q(const).char" else self.julia_type(result_type)
        pairs = parameters(node)
        names = [p for p, _ in pairs]
        for parameter in names:
            if parameter in JULIA_WORDS:
                fail(f"{name} has a parameter with the Julia keyword {parameter}")
        types = ", ".join(self.julia_type(kind) for _, kind in pairs) + ("," if len(pairs) == 1 else "")
        arguments = "".join(f", {p}" for p in names)
        self._functions.append(name)
        return (docstring(as_markdown(self._comments.of(name))) +
                f"function {name}({', '.join(names)})\n"
                f"    return ccall(_{name}[], {result}, ({types}){arguments})\n"
                "end\n")

    def declaration(self, node):
        kind = attributes(node).get("kind")
        if node.tag == "constant":
            return self.constant(node)
        if node.tag == "enum":
            return self.enum(node)
        if node.tag == "class" and kind == "struct":
            return self.struct(node)
        if node.tag == "cdecl" and kind == "typedef":
            return self.typedef(node)
        if node.tag == "cdecl" and kind == "function":
            return self.function(node)
        return fail(f"unknown declaration {node.tag} {attributes(node)}")

    def text(self):
        body = [self.declaration(node) for node in self._declarations]
        missing = [s for s in self._initialized_structs if f"{s}_init" not in self._functions]
        if missing:
            fail(f"structs without an init function: {', '.join(missing)}")
        self._comments.check_all_used()
        symbols = ["# Addresses of the functions. They are set when the library is loaded, so no path is compiled in.\n" +
                   "".join(f"const _{f} = Ref{{Ptr{{Cvoid}}}}(C_NULL)\n" for f in self._functions)]
        load = ["\"Looks up every function in the library with this handle of Libdl; throws if one is missing.\"\n"
                "function load_symbols!(handle)\n" +
                "".join(f"    _{f}[] = Libdl.dlsym(handle, :{f})\n" for f in self._functions) +
                "    return nothing\nend\n"]
        parts = [PROLOGUE, "using Libdl\n", *symbols, INITIALIZED, *filter(None, body), *load, "end # module\n"]
        return "\n".join(parts)


def main(arguments):
    if arguments not in ([], ["--check"]):
        fail("usage: generate.py [--check]")
    header = (HERE / HEADER).read_text(encoding="utf-8")
    text = Generator(parse_header(), Comments(header)).text()
    if not arguments:
        OUTPUT.write_text(text, encoding="utf-8")
    elif not OUTPUT.exists() or OUTPUT.read_text(encoding="utf-8") != text:
        fail(f"{OUTPUT.name} is out of date; run bindings/julia/generate.py")


if __name__ == "__main__":
    main(sys.argv[1:])

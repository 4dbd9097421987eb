"""Reads the declarations of residual_knn.h and their comments, for the generators of the Julia and the Python package.

SWIG parses the header (`swig -xml residual_knn_xml.i`). It drops the comments, so they are read from the header itself.
Every construct that this file does not know is an error. The same header always gives the same declarations.

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
INTERFACE = "residual_knn_xml.i"
HEADER = "../../include/residual_knn.h"


# The declarations. Types are those of SWIG, such as "p.q(const).double" for `const double*`.


@dataclass(frozen=True)
class Constant:
    name: str
    value: int


@dataclass(frozen=True)
class Enum:
    name: str
    items: list  # of (name, value)


@dataclass(frozen=True)
class Struct:
    name: str
    fields: list  # of (name, type); empty if opaque
    is_opaque: bool = False


@dataclass(frozen=True)
class Alias:
    """A typedef of a plain type."""
    name: str
    type: str


@dataclass(frozen=True)
class Callback:
    """A typedef of a pointer to a function."""
    name: str
    result: str
    parameters: list  # of (name, type)


@dataclass(frozen=True)
class Function:
    name: str
    result: str
    parameters: list  # of (name, type)


def fail(message):
    sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {message}")


def read_header():
    """The text of the header."""
    return (HERE / HEADER).read_text(encoding="utf-8")


def read_declarations():
    """The declarations of the header in its order."""
    structs = set()
    found = []
    for node in _parsed_nodes():
        declaration = _declaration(node, structs)
        if declaration is not None:
            found.append(declaration)
    functions = {declaration.name for declaration in found if isinstance(declaration, Function)}
    # The library fills the structs that callbacks get.
    given = {kind for d in found if isinstance(d, Callback) for _, kind in d.parameters}
    missing = [d.name for d in found if isinstance(d, Struct) and not d.is_opaque and f"{d.name}_init" not in functions
               and f"p.q(const).{d.name}" not in given]
    if missing:
        fail(f"structs without an init function: {', '.join(missing)}")
    return found


def _parsed_nodes():
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
        if _attributes(include).get("name") == HEADER:
            return [node for node in include if node.tag != "attributelist"]
    return fail(f"SWIG's tree has no {HEADER}")


def _attributes(element):
    """The attributes of a node of SWIG's tree as a dictionary."""
    found = element.find("attributelist")
    if found is None:
        return {}
    return {item.get("name"): item.get("value") for item in found.findall("attribute")}


def _parameters(element):
    """(name, type) of each parameter of a function; [] for f(void)."""
    found = element.find("attributelist/parmlist")
    pairs = []
    for item in ([] if found is None else found.findall("parm")):
        values = _attributes(item)
        if values["type"] == "void":
            continue
        if not values.get("name"):
            fail(f"a parameter of {_attributes(element)['name']} has no name")
        pairs.append((values["name"], values["type"]))
    return pairs


def _declaration(node, structs):
    """The declaration of a node; None if it repeats one before. `structs` are the names of the structs so far."""
    kind = _attributes(node).get("kind")
    if node.tag == "constant":
        return _constant(node)
    if node.tag == "enum":
        return _enum(node)
    if node.tag == "class" and kind == "struct":
        return _struct(node, structs)
    if node.tag == "cdecl" and kind == "typedef":
        return _typedef(node, structs)
    if node.tag == "cdecl" and kind == "function":
        return _function(node)
    return fail(f"unknown declaration {node.tag} {_attributes(node)}")


def _constant(node):
    values = _attributes(node)
    if values["type"] != "int":
        fail(f"{values['name']} is of type {values['type']}")
    return Constant(values["name"], int(values["value"], 0))


def _enum(node):
    items = []
    value = -1
    for item in node.findall("enumitem"):
        values = _attributes(item)
        value = int(values["enumvalue"], 0) if "enumvalue" in values else value + 1
        items.append((values["name"], value))
    return Enum(_attributes(node)["name"], items)


def _struct(node, structs):
    name = _attributes(node)["name"]
    structs.add(name)
    fields = []
    for item in node.findall("cdecl"):
        values = _attributes(item)
        fields.append((values["name"], values["decl"] + values["type"]))
    return Struct(name, fields)


def _typedef(node, structs):
    values = _attributes(node)
    name, swig_type, declarator = values["name"], values["type"], values["decl"]
    if declarator.startswith("p.f("):
        return Callback(name, swig_type, _parameters(node))
    if declarator:
        fail(f"typedef {name} is a {declarator}{swig_type}")
    if swig_type == f"struct {name}":
        if name in structs:
            return None  # declared before, with its fields
        structs.add(name)
        return Struct(name, [], is_opaque=True)
    return Alias(name, swig_type)


def _function(node):
    values = _attributes(node)
    # "f(p.q(const).double,int32_t).p.": the part after the parameters belongs to the result.
    depth = 0
    for place, letter in enumerate(values["decl"]):
        depth += (letter == "(") - (letter == ")")
        if letter == ")" and depth == 0:
            break
    result = values["decl"][place + 1:].lstrip(".") + values["type"]
    return Function(values["name"], result, _parameters(node))


class Comments:
    """The comments of the header by name, and by struct and name for fields."""

    def __init__(self, header):
        self._places = _read_comments(header)
        self._header = header
        self._used = set()

    def of(self, name):
        return self._only(name, [key for key in self._places if key[1] == name])

    def of_field(self, struct, name):
        start = self._header.index(f"typedef struct {struct} {{")
        end = self._header.index(f"}} {struct};", start)
        return self._only(f"{struct}.{name}",
                          [key for key in self._places if key[1] == name and start < key[0] <= end])

    def _only(self, name, found):
        if len(found) > 1:
            fail(f"{name} has {len(found)} comments")
        self._used.update(found)
        return self._places[found[0]] if found else ""

    def check_all_used(self):
        unused = sorted(name for place, name in self._places.keys() - self._used)
        if unused:
            fail(f"comments of the header without a declaration: {', '.join(unused)}")


def _read_comments(header):
    """{(place, name): comment} for every declaration after a /** comment */."""
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


class Generator:
    """Converts the declarations of the header to another language. A derived class has a method for each kind of
    declaration, which returns its text, and text(), which returns the whole file."""

    def __init__(self, declarations, comments):
        self._declarations = declarations
        self._comments = comments

    def texts(self):
        """The texts of all declarations that have one, in the order of the header."""
        emit = {Constant: self.constant, Enum: self.enum, Struct: self.struct, Alias: self.alias,
                Callback: self.callback, Function: self.function}
        return list(filter(None, (emit[type(declaration)](declaration) for declaration in self._declarations)))


def generate(generator, output, arguments):
    """Writes the text of a class of generators to its file. With --check, it only fails if the file has another text."""
    if arguments not in ([], ["--check"]):
        fail("usage: generate.py [--check]")
    text = generator(read_declarations(), Comments(read_header())).text()
    if not arguments:
        output.write_text(text, encoding="utf-8")
    elif not output.exists() or output.read_text(encoding="utf-8") != text:
        fail(f"{output.name} is out of date; run scripts/generate-bindings")

#!/usr/bin/env python3
"""Writes the manual page residual-knn.1 and the completions residual-knn.bash and _residual-knn (zsh) from the help of
the program.

    python3 tools/shell/generate.py PROGRAM [--check]

The same help always gives the same bytes. With --check, the program writes nothing and fails if a file is out of date.

SPDX-License-Identifier: Apache-2.0
"""
import dataclasses
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
NAME = "residual-knn"
MARK = "Written by tools/shell/generate.py from the help of the program. Do not edit."
OPTION = re.compile(r"  -\S")
COLUMN = 30  # where the texts of options begin
POSITIONAL = re.compile(r"  ([A-Z]+) (?:[A-Z]+ )*(?:REQUIRED)?\s+(.*)$")
SUBCOMMAND = re.compile(r"  ([a-z]+)\s{2,}(.*)$")
CONTINUED = re.compile(r"\s{20,}(\S.*)$")


def fail(message):
    sys.exit(f"generate.py: {message}")


@dataclasses.dataclass
class Option:
    """An option: its names, the word for its value ("" without one), the options that it excludes, and its text."""
    names: list
    value: str
    excludes: list
    text: str

    def choices(self):
        """The words that the value can be. Capitals in the help stand for other values, such as CHAR and X[,X...]."""
        words = self.value.split("|")
        return [word for word in words if not re.search("[A-Z]", word)] if len(words) > 1 else []


@dataclasses.dataclass
class Command:
    """The help of one command, in the order of the help."""
    name: str
    summary: str = ""
    usage: str = ""
    positionals: list = dataclasses.field(default_factory=list)  # (name, text)
    groups: list = dataclasses.field(default_factory=list)       # (heading, [Option])
    subcommands: list = dataclasses.field(default_factory=list)  # (name, text)
    paragraphs: list = dataclasses.field(default_factory=list)

    def options(self):
        return [option for _, options in self.groups for option in options]


def parse_option(line):
    """The Option of a line such as `  -k N Excludes: --threshold  Number of ...`, with the text of that line. A left
    part that is longer than its column is alone on its line."""
    head, text = (line[:COLUMN], line[COLUMN:]) if line[COLUMN - 1:COLUMN] == " " else (line, "")
    head, _, excluded = head.partition(" Excludes: ")
    names, _, value = head.strip().partition(" ")
    return Option(names.split(","), value, excluded.split(), text.strip())


def parse_help(name, text):
    """The Command of a help text; exits at a line of an unknown form."""
    head, *rest = re.split(r"\n(?=(?:Positionals|Options|Subcommands):\n)", text)
    summary, _, usage = head.partition("\nUsage: ")
    command = Command(name, " ".join(summary.split()), usage.strip())
    body = "\n".join(rest)
    # Paragraphs follow the last option.
    lines = body.split("\n")
    last = max(i for i, line in enumerate(lines) if line.startswith("  "))
    command.paragraphs = [" ".join(part.split()) for part in "\n".join(lines[last + 1:]).split("\n\n") if part.strip()]
    heading, latest = "", None
    for line in lines[:last + 1]:
        if not line:
            continue
        title = re.fullmatch(r"(\S.*):", line)
        option, positional = OPTION.match(line), POSITIONAL.fullmatch(line)
        subcommand, continued = SUBCOMMAND.fullmatch(line), CONTINUED.fullmatch(line)
        if title:
            heading = title[1]
        elif continued and latest is not None:
            latest.append(continued[1])
        elif option:
            parsed = parse_option(line)
            latest = [parsed.text] if parsed.text else []
            if not command.groups or command.groups[-1][0] != heading:
                command.groups.append((heading, []))
            command.groups[-1][1].append((parsed, latest))
        elif positional:
            latest = [positional[2]]
            command.positionals.append((positional[1], latest))
        elif subcommand and heading == "Subcommands":
            latest = [subcommand[2]]
            command.subcommands.append((subcommand[1], latest))
        else:
            fail(f"{name}: unknown line of the help: {line!r}")
    command.positionals = [(word, " ".join(parts)) for word, parts in command.positionals]
    command.subcommands = [(word, " ".join(parts)) for word, parts in command.subcommands]
    command.groups = [(title, [dataclasses.replace(option, text=" ".join(parts)) for option, parts in options])
                      for title, options in command.groups]
    return command


def read_help(program):
    """(the program itself, its subcommands) as Commands, and the version."""
    def output(*arguments):
        return subprocess.run([program, *arguments], check=True, capture_output=True, text=True,
                              encoding="utf-8").stdout
    whole = parse_help(NAME, output("--help"))
    commands = [parse_help(name, output(name, "--help")) for name, _ in whole.subcommands]
    version = re.fullmatch(r"\S+ (\d+\.\d+\.\d+)\n", output("--version"))
    if not commands or not version:
        fail(f"{program} is not {NAME}")
    return whole, commands, version[1]


# ---------------------------------------------------------------- manual page

def roff(text):
    """Text for roff: hyphens of options stay hyphens, and a line does not begin with a command."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("|", "\\(ba")
    return "\\&" + text if text.startswith((".", "'")) else text


def roff_option(option):
    head = ", ".join(f"\\fB{roff(name)}\\fR" for name in option.names)
    if option.value:
        head += f" \\fI{roff(option.value)}\\fR"
    text = option.text
    if option.excludes:
        text += f". Not together with {' or '.join(option.excludes)}"
    return f".TP\n{head}\n{roff(text)}.\n"


def manual_page(whole, commands, version):
    parts = [f'.\\" {MARK}\n', f'.TH RESIDUAL\\-KNN 1 "" "residual\\-knn {version}" "User Commands"\n',
             f".SH NAME\nresidual\\-knn \\- {roff(whole.summary[0].lower() + whole.summary[1:].rstrip('.'))}\n",
             ".SH SYNOPSIS\n"]
    for command in commands:
        words = command.usage.split()[2:]
        parts.append(f".B residual\\-knn {command.name}\n" + "".join(f".I {roff(word)}\n" for word in words) + ".br\n")
    parts.append(".B residual\\-knn \\-\\-version\n")
    parts.append(".SH COMMANDS\n")
    parts += [f".TP\n.B {name}\n{roff(text)}\n" for name, text in whole.subcommands]
    for command in commands:
        if not command.positionals and not command.paragraphs:
            continue
        parts.append(f".SH THE COMMAND {command.name.upper()}\n")
        parts += [f".TP\n.I {word}\n{roff(text)}.\n" for word, text in command.positionals]
        for heading, options in command.groups:
            parts.append(f".SS {roff(heading)}\n")
            parts += [roff_option(option) for option in options]
        parts.append(".SS Files and numbers\n")
        parts += [f".PP\n{roff(paragraph)}\n" for paragraph in command.paragraphs]
    parts.append(".SH SEE ALSO\nIn the source of libresidual_knn: docs/command\\-line.md, docs/conditioning.md.\n")
    return "".join(parts)


# ---------------------------------------------------------------- completions

FILES_REPLY = 'mapfile -t COMPREPLY < <(compgen -f -- "$word")'


def option_names(command):
    return [name for option in command.options() for name in option.names]


def words_reply(words):
    return f"mapfile -t COMPREPLY < <(compgen -W '{' '.join(words)}' -- \"$word\")"


def bash_completion(whole, commands):
    lines = [f"# bash completion for {NAME}. {MARK}", "", "_residual_knn() {",
             "  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}",
             "  COMPREPLY=()",
             "  if ((COMP_CWORD == 1)); then",
             "    " + words_reply([name for name, _ in whole.subcommands] + option_names(whole)),
             "    return", "  fi", "  case $command in"]
    for command in commands:
        lines += [f"    {command.name})", "      case $previous in"]
        for option in command.options():
            if option.choices():
                reply = words_reply(option.choices())
            elif option.value == "FILE":
                reply = FILES_REPLY
            elif option.value:
                reply = ":"
            else:
                continue
            lines.append(f"        {'|'.join(option.names)}) {reply}; return ;;")
        lines += ["        *) ;;", "      esac",
                  f"      [[ $word != -* ]] || {words_reply(option_names(command))}"]
        if command.positionals:
            lines.append(f"      [[ $word == -* ]] || {FILES_REPLY}")
        lines.append("      ;;")
    lines += ["  esac", "}", f"complete -o filenames -F _residual_knn {NAME}", ""]
    return "\n".join(lines)


def zsh_text(text, most=70):
    """The first words of a text, without characters that have a meaning in _arguments and _describe."""
    words, length = [], 0
    for word in re.sub(r"['\\`$\"]", "", text).translate(str.maketrans("[]:", "(),")).split():
        length += len(word) + 1
        if length > most:
            return " ".join(words).rstrip(",;.(") + " ..."
        words.append(word)
    return " ".join(words)


def zsh_option(option):
    action = ""
    if option.choices():
        action = f":{option.names[-1].lstrip('-')}:({' '.join(option.choices())})"
    elif option.value == "FILE":
        action = ":file:_files"
    elif option.value:
        action = f":{zsh_text(option.value)}: "
    excluded = " ".join(option.names + option.excludes)
    return [f"      '({excluded}){name}[{zsh_text(option.text)}]{action}'" for name in option.names]


def zsh_completion(whole, commands):
    lines = [f"#compdef {NAME}", f"# {MARK}", "", "local -a subcommands", "subcommands=("]
    lines += [f"  '{name}:{zsh_text(text)}'" for name, text in whole.subcommands]
    lines += [")", "if ((CURRENT == 2)); then", "  _describe command subcommands",
              "  _arguments " + " ".join(f"'{name}[{zsh_text(o.text)}]'" for o in whole.options() for name in o.names),
              "  return", "fi", "local command=${words[2]}", "shift words", "((CURRENT--))", "case $command in"]
    for command in commands:
        options = [line for option in command.options() for line in zsh_option(option)]
        options += [f"      '1:{zsh_text(text)}:_files'" for _, text in command.positionals]
        lines += [f"  {command.name})", "    _arguments \\", " \\\n".join(options), "    ;;"]
    lines += ["esac", ""]
    return "\n".join(lines)


def main(arguments):
    if len(arguments) not in (1, 2) or arguments[1:] not in ([], ["--check"]):
        fail("usage: generate.py PROGRAM [--check]")
    whole, commands, version = read_help(arguments[0])
    files = {f"{NAME}.1": manual_page(whole, commands, version), f"{NAME}.bash": bash_completion(whole, commands),
             f"_{NAME}": zsh_completion(whole, commands)}
    for name, text in files.items():
        path = HERE / name
        if len(arguments) == 1:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            fail(f"{name} is out of date; run tools/shell/generate.py with the new program")


if __name__ == "__main__":
    main(sys.argv[1:])

# SPDX-License-Identifier: MIT
"""layout.py CORE - what the core's structures consist of, as C tables on standard output.

A recording holds values, not memory: padding has none, and a field keeps its name when it moves. The
headers of core are regular enough (clang-format sees to it) to be read line by line; what is not
understood ends this program with an error, so nothing is left out silently.
"""
import pathlib
import re
import sys

ROOTS = ("chair_config", "chair", "record_cycle")
# Written anew at the beginning of each cycle, or kept once for the whole recording.
LEFT_OUT = {("chair", "config"), ("chair", "events"), ("chair", "event_count")}
# Enums whose COUNT is a value too: "void" and "all of them".
COUNT_IS_A_VALUE = ("command_kind", "proof_item")
KINDS = {"bool": "BOOL", "float": "FLOAT", "char": "TEXT"} | {
    f"{sign}int{bits}_t": "WHOLE" for sign in ("", "u") for bits in (8, 16, 32, 64)} | {"unsigned int": "WHOLE"}
INDICES = ("AXIS", "ROLLER", "PAD", "DRIVE", "ZONE", "CAUSE")

FIELD = re.compile(r"(?:(struct|enum) )?(unsigned int|\w+) (\w+(?:\[[^\]]+\])*(?:, \w+)*);")


def read(core):
    structs, enums = {}, {}
    for path in sorted(pathlib.Path(core).glob("*.h")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
        for kind, name, body in re.findall(r"^(struct|enum) (\w+) \{\n(.*?)^\};", text, flags=re.S | re.M):
            if kind == "enum":
                enums[name] = [word.split("=")[0].strip() for word in body.split(",") if word.strip()]
            else:
                structs[name] = [re.sub(r"\s+", " ", part).strip() + ";" for part in body.split(";") if part.strip()]
    return structs, enums


def fields(struct, lines):
    for line in lines:
        match = FIELD.fullmatch(line)
        if match is None:
            sys.exit(f"layout.py: struct {struct}: cannot read \"{line}\"")
        tag, kind, name = match[1], match[2], match[3].split("[")[0]
        if (struct, name) not in LEFT_OUT:
            yield tag, kind, name, re.findall(r"\[([^\]]+)\]", match[3])


def table(struct, structs, enums, done, out):
    if struct in done:
        return
    done.add(struct)
    rows = []
    for tag, kind, name, dims in fields(struct, structs[struct]):
        sub, limit, kept = "NULL", "0", f"{tag + ' ' if tag else ''}{kind}"
        if tag == "struct":
            table(kind, structs, enums, done, out)
            sub, word = f"&layout_{kind}", "STRUCT"
        elif tag == "enum":
            word, last = "ENUM", enums[kind][-1]
            extra = not last.endswith("_COUNT") or kind in COUNT_IS_A_VALUE
            limit = f"{last} + 1" if extra else last
        else:
            word = KINDS.get(kind) or sys.exit(f"layout.py: struct {struct}: {name} is a {kind}")
        if word == "TEXT" and dims:
            kept = f"char[{dims[-1]}]"  # a word is one value
        index = next((i for i in INDICES if dims and dims[0] == f"{i}_COUNT"), "NONE")
        rows.append(f"\tFIELD({struct}, {name}, {kept}, {word}, {index}, {limit}, {sub}),")
    out.append(f"static const struct layout_field fields_{struct}[] = {{\n" + "\n".join(rows) + "\n};\n"
               f"static const struct layout_struct layout_{struct} = {{ fields_{struct}, {len(rows)}, "
               f"sizeof(struct {struct}) }};\n")


def main():
    structs, enums = read(sys.argv[1])
    structs["record_cycle"] = ["struct chair_inputs in;", "struct chair_outputs out;"]
    out, done = [], set()
    for root in ROOTS:
        table(root, structs, enums, done, out)
    print("/* SPDX-License-Identifier: MIT */\n"
          "/* Written by layout.py from the headers of core: make record-table. Included by layout.c alone. */\n"
          "/* clang-format off */")
    print("\n".join(out), end="")
    print("/* clang-format on */")


main()

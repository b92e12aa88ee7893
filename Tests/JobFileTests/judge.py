"""Judges JSON texts by a schema, with PyPI's jsonschema.

    judge.py SCHEMA TEXTS

TEXTS has a text a line, in hexadecimal. Prints a word a line: valid, invalid, or unreadable for what is no JSON to
RFC 8259 or has a key twice.
"""

import json
import re
import sys

import jsonschema


def refuse(constant):
    raise ValueError(f"{constant} is no JSON")


def once(pairs):
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key is written twice")
    return dict(pairs)


def pattern(validator, patrn, instance, schema):
    """As ECMA-262 has it, where `$` is the end of the text and not before its last line break."""
    if validator.is_type(instance, "string") and not re.search(patrn.replace("$", r"\Z"), instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {patrn!r}")


def verdict(validator, text):
    try:
        value = json.loads(text.decode("utf-8"), parse_constant=refuse, object_pairs_hook=once)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        return "unreadable"
    return "valid" if validator.is_valid(value) else "invalid"


with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
judge = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": pattern})(schema)
with open(sys.argv[2], encoding="ascii") as file:
    for line in file:
        print(verdict(judge, bytes.fromhex(line)))

"""Reads the .env files named on standard input with python-dotenv, as
load_dotenv() does, and prints what it sees as JSON, a line a file."""
import json
import logging
import sys

from dotenv.main import DotEnv
from dotenv.parser import parse_stream

logging.disable(logging.CRITICAL)


def line(original):
    text = original.string
    return original.line + text[: len(text) - len(text.lstrip())].count("\n")


for path in sys.stdin.read().split("\0"):
    try:
        with open(path, encoding="utf-8") as stream:
            bindings = list(parse_stream(stream))
        values = DotEnv(path, override=False, encoding="utf-8").dict()
    except UnicodeDecodeError:
        print(json.dumps({"refused": True}))
        continue
    print(json.dumps({
        "values": {k: v for k, v in values.items() if v is not None},
        "alone": [k for k, v in values.items() if v is None],
        "keys": [[b.key, line(b.original)] for b in bindings if b.key is not None],
        "faults": [line(b.original) for b in bindings if b.error],
    }))

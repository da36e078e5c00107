# SPDX-License-Identifier: MIT
"""Every message of the chair against docs/asyncapi.yaml: its topic must be there, its payload as the schema says."""
import json
import re
from functools import lru_cache
from pathlib import Path

import yaml
from jsonschema import Draft7Validator, RefResolver

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/asyncapi.yaml"


@lru_cache(maxsize=None)
def document():
    return yaml.safe_load(DOCUMENT.read_text())


def resolve(node):
    while "$ref" in node:
        found = document()
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


@lru_cache(maxsize=None)
def channels():
    """[(pattern of the topic, validator of its payload, content type)] of what the chair sends."""
    sent = {op["channel"]["$ref"].split("/")[-1] for op in document()["operations"].values() if op["action"] == "send"}
    return [(pattern(channel["address"]), *validator(channel)) for name, channel in document()["channels"].items()
            if name in sent]


def pattern(address):
    return re.compile(re.sub(r"\\{\w+\\}", "[A-Za-z0-9_-]+", re.escape(address)))


def validator(channel):
    message = resolve(next(iter(channel["messages"].values())))
    return (Draft7Validator(message["payload"], resolver=RefResolver("", document())),
            message.get("contentType", document()["defaultContentType"]))


@lru_cache(maxsize=None)
def response():
    return validator(document()["channels"]["reply"])


def problem(topic, payload):
    """What is wrong with a message that the chair has published; None: nothing."""
    if "/reply/" in topic:
        return complaint(*response(), payload)
    for pattern_, validator_, content_type in channels():
        if pattern_.fullmatch(topic):
            return complaint(validator_, content_type, payload)
    return f"there is no topic {topic} in docs/asyncapi.yaml"


def complaint(validator_, content_type, payload):
    if not payload:
        return None  # a retained message is taken back
    try:
        value = json.loads(payload) if content_type == "application/json" else payload.decode()
    except ValueError as error:
        return f"{content_type}: {error}"
    errors = sorted(validator_.iter_errors(value), key=lambda e: len(e.path))
    if not errors:
        return None
    first = errors[0]
    return f"{'.'.join(map(str, first.absolute_path))}: {first.message[:300]}"


def things():
    """The names of set/<thing>, with each value of its parameters."""
    names = set()
    for channel in document()["channels"].values():
        name = (channel["address"] or "").partition("/set/")[2]
        pads = channel.get("parameters", {}).get("pad", {}).get("enum", [""])
        names |= {name.replace("{pad}", pad) for pad in pads if name}
    return names

"""A second implementation of Avro (fastavro) and a second reader of notifications (Python's json), for the tests.

    second-avro.py check SCHEMA   reads lines {"body", "datum", "ingest"}; prints for each the list of differences
    second-avro.py make SCHEMA    reads lines {"body", "ingest"}; prints the datum of each as hex
    second-avro.py read SCHEMA    reads lines {"datum"}; prints the id and the action of each

`datum` is hex. Nothing here is taken from the code under test but the schema file: which JSON member goes into which
field is read from its "json" attributes.
"""
import io
import json
import re
import sys
from datetime import datetime, timedelta, timezone

try:
    import fastavro
except ImportError:
    sys.exit("%s has no fastavro: run `%s -m pip install fastavro`" % (sys.executable, sys.executable))

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)")


def instant(text):
    """Milliseconds (floored) and the nanoseconds below them, or two times None."""
    match = RFC3339.fullmatch(text or "")
    if match is None or match.group(1).startswith("0001-01-01T00:00:00"):
        return None, None
    zone = "+0000" if match.group(3) == "Z" else match.group(3).replace(":", "")
    # Python has no year 0; the calendar repeats after 400 years, which are 146097 days.
    text = "%04d%s" % (int(match.group(1)[:4]) % 400 + 2000, match.group(1)[4:])
    cycles = int(match.group(1)[:4]) // 400 - 5
    at = datetime.strptime(text + zone, "%Y-%m-%dT%H:%M:%S%z") - EPOCH + timedelta(days=146_097 * cycles)
    nanos = int((match.group(2) or "0").ljust(9, "0")[:9])
    return at // timedelta(milliseconds=1) + nanos // 1_000_000, nanos % 1_000_000


def records(schema, named):
    """All records of a schema by name, wherever they are defined."""
    if isinstance(schema, list):
        for branch in schema:
            records(branch, named)
    elif isinstance(schema, dict):
        if schema["type"] == "record":
            named[schema["name"]] = schema
            for field in schema["fields"]:
                records(field["type"], named)
        records(schema.get("items"), named)
    return named


def expected(schema, value, named):
    """What a field of `schema` (null and one other) holds for a JSON value."""
    if value is None:
        return None
    kind = schema[1] if isinstance(schema, list) else schema
    if isinstance(kind, str):
        return expected(named[kind], value, named) if kind in named else value
    if kind["type"] == "array":
        return [expected(kind["items"], item, named) for item in value]
    if kind["type"] == "record":
        return {field["name"]: expected(field["type"], value.get(field["json"]), named) for field in kind["fields"]}
    return dict(value)


def typed(schema, body, meta_text):
    """The fields of the event of `body` that stand for JSON members, and the two derived ones."""
    event = json.loads(body)["events"][0]
    named, record = records(schema, {}), {}
    for field in schema["fields"]:
        if "json" in field:
            record[field["name"]] = expected(field["type"], event.get(field["json"]), named)
    if "meta" in event:
        record["meta"] = {key: meta_text(value) for key, value in event["meta"].items()}
    record["occurred_at"], record["occurred_at_sub_ms_ns"] = instant(event.get("timestamp"))
    return record


def check(schema, parsed, line):
    stream = io.BytesIO(bytes.fromhex(line["datum"]))
    found = fastavro.schemaless_reader(stream, parsed)
    differences = ["%d bytes left" % (len(stream.getvalue()) - stream.tell())] if stream.read(1) else []
    # JSON texts inside `meta` are compared by value, and must be slices of the body.
    for text in (found["meta"] or {}).values():
        if text not in line["body"]:
            differences.append("meta is no slice of the body: " + text)
    if found["meta"] is not None:
        found["meta"] = {key: json.loads(text) for key, text in found["meta"].items()}
    want = typed(schema, line["body"], lambda value: value)
    for name, value in want.items():
        if found[name] != value:
            differences.append("%s: %r, expected %r" % (name, found[name], value))
    for name, value in line["ingest"].items():
        if found["ingest"][name] != value:
            differences.append("ingest.%s: %r, expected %r" % (name, found["ingest"][name], value))
    if found["raw_envelope"] not in (None, line["body"]):
        differences.append("raw_envelope is not the body")
    if (found["raw_envelope"] is None) != (found["ingest"]["profile"] is not None):
        differences.append("neither typed nor verbatim")
    return differences


def make(schema, parsed, line):
    # Go writes `meta` indented by three spaces for each level: four levels above its values.
    def text_of(value):
        return json.dumps(value, indent=3, ensure_ascii=False).replace("\n", "\n" + " " * 12)

    record = typed(schema, line["body"], text_of)
    record["ingest"] = line["ingest"]
    out = io.BytesIO()
    fastavro.schemaless_writer(out, parsed, record)
    return out.getvalue().hex()


def read(schema, parsed, line):
    record = fastavro.schemaless_reader(io.BytesIO(bytes.fromhex(line["datum"])), parsed)
    return [record["id"], record["action"]]


mode, path = sys.argv[1:3]
with open(path, encoding="utf-8") as file:
    plain = json.load(file)
if mode != "make":
    # Instants as numbers: Python's datetime does not hold all of them.
    plain = json.loads(json.dumps(plain).replace('"logicalType"', '"noLogicalType"'))
parsed_schema = fastavro.parse_schema(json.loads(json.dumps(plain)))
run = {"check": check, "make": make, "read": read}[mode]
for input_line in sys.stdin.buffer:
    print(json.dumps(run(plain, parsed_schema, json.loads(input_line))))

"""Runs the statements of docs/recipes/clickhouse.md, given as JSON on standard input, and prints rows of JSON.

The build of ClickHouse has no workers for Kafka. So the engine of the queue is only parsed; a queue with the same columns and no engine
gets the records, which the same reader takes out of a file.
"""
import json
import sys

from chdb.session import Session

given = json.load(sys.stdin)
session = Session()


def run(statement: str, shape: str = "JSONEachRow") -> str:
    return str(session.query(statement, shape))


run("EXPLAIN AST " + given["queue"])
columns, engine, _ = given["queue"].rstrip().partition(") ENGINE = Kafka")
assert engine, "the queue is not of the engine Kafka"
run(columns + ") ENGINE = Null")
run(given["table"])
run(given["view"])
structure = columns.partition("(\n")[2]
# Twice, as after a fault: the table is to have each event once.
for _ in range(2):
    run(
        f"INSERT INTO registry_events_queue SELECT * FROM file('{given['records']}', 'AvroConfluent', $${structure}$$)"
        f" SETTINGS format_avro_schema_registry_url = '{given['schemaRegistryUrl']}'"
    )
print(json.dumps([json.loads(line) for line in run(given["question"]).splitlines()]))
pushes = run("SELECT repository, tag FROM registry_events FINAL WHERE action = 'push' AND tag != '' ORDER BY occurred_at")
print(json.dumps([json.loads(line) for line in pushes.splitlines()]))

"""Confluent's Python client with a schema of its own, evolved from ours: nothing of registry-relay takes part.

    foreign-evolution.py write BROKERS REGISTRY TOPIC    registers the schema, writes the values, prints the id
    foreign-evolution.py read BROKERS REGISTRY TOPIC     prints the values of the topic as that schema shows them

The schema is a line on standard input; what follows it are the values to write, or the number of those to read.
"""
import json
import sys

from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

mode, brokers, registry_url, topic = sys.argv[1:5]
schema, *rest = [line.rstrip("\n") for line in sys.stdin]
client = SchemaRegistryClient({"url": registry_url})
context = SerializationContext(topic, MessageField.VALUE)

if mode == "write":
    serialize = AvroSerializer(client, schema, conf={"auto.register.schemas": True})
    producer = Producer({"bootstrap.servers": brokers})
    for line in rest:
        value = json.loads(line)
        framed = serialize(value, context)
        producer.produce(topic, key=value["target"]["repository"], value=framed)
    producer.flush(30)
    print(int.from_bytes(framed[1:5], "big"))
else:
    deserialize = AvroDeserializer(client, schema)
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": "foreign-%s-%d" % (topic, len(schema)),
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([topic])
    for _ in range(int(rest[0])):
        message = consumer.poll(30)
        if message is None or message.error():
            sys.exit("no further record: %s" % message)
        print(json.dumps(deserialize(message.value(), context), default=str))
    consumer.close()

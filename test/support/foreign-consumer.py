"""Reads a topic with Confluent's Python client and its Avro deserializer: nothing of registry-relay takes part.

Arguments: brokers, schema registry URL, topic, number of records. Prints one JSON object per record.
"""
import json
import sys

from confluent_kafka import Consumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

brokers, registry_url, topic, count = sys.argv[1:5]
deserialize = AvroDeserializer(SchemaRegistryClient({"url": registry_url}))
consumer = Consumer(
    {"bootstrap.servers": brokers, "group.id": "foreign-" + topic, "auto.offset.reset": "earliest", "enable.auto.commit": False}
)
consumer.subscribe([topic])
left = int(count)
while left > 0:
    message = consumer.poll(30)
    if message is None:
        sys.exit("no further record within 30 s")
    if message.error():
        sys.exit(str(message.error()))
    value = deserialize(message.value(), SerializationContext(topic, MessageField.VALUE))
    print(json.dumps({"key": message.key().decode(), "value": value}, default=str))
    left -= 1
consumer.close()

"""Prints a batch as Confluent's serializer for Python writes it: name, headers, value in hexadecimal.

    confluent.py URL
"""

import sys

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from streamgrad.v1.streamgrad_pb2 import ImageBatch, LabelBatch

REGISTRY = SchemaRegistryClient({"url": sys.argv[1]})
PIXELS = bytes([1, 2, 3, 4])


def write(name, message):
    context = SerializationContext("python-" + name, MessageField.VALUE)
    value = ProtobufSerializer(type(message), REGISTRY)(message, context)
    print(f"{name},,{value.hex()}")


write("images", ImageBatch(height=2, width=2, pixels=PIXELS, labels=b"\1"))
write("labels", LabelBatch(batch_id="b", labels=b"\1"))

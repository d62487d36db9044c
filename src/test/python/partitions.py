"""Prints the partition that librdkafka gives each key: partitions.py BROKERS TOPIC PARTITIONER FILE

The file has a JSON list of texts; what is printed is a JSON list of numbers.
"""
import json
import sys

from confluent_kafka import Producer

brokers, topic, partitioner, file = sys.argv[1:]
with open(file, encoding="utf-8") as source:
    keys = json.load(source)
found = [None] * len(keys)


def delivered(index):
    def callback(error, message):
        if error:
            raise SystemExit(str(error))
        found[index] = message.partition()

    return callback


producer = Producer({"bootstrap.servers": brokers, "partitioner": partitioner})
for number, key in enumerate(keys):
    producer.produce(topic, key=key, value=b"", on_delivery=delivered(number))
    producer.poll(0)
producer.flush()
print(json.dumps(found))

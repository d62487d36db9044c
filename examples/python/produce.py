"""Sends four batches of two images."""
import sys

from confluent_kafka import Producer
from streamgrad.v1.streamgrad_pb2 import ImageBatch

producer = Producer({
    "bootstrap.servers": sys.argv[1],
    "enable.idempotence": True,
    "partitioner": "murmur2_random",  # the service's models.partitioner: murmur2
})
for model in sys.argv[2:] or ["from-python"]:
    for number in range(4):
        batch = ImageBatch(height=28, width=28, batch_id=f"batch-{number}")
        batch.pixels = bytes((number * i) % 256 for i in range(2 * 28 * 28))
        batch.labels = bytes([number, 9 - number])  # leave them out to predict only
        producer.produce("streamgrad.images", key=model, value=batch.SerializeToString())
producer.flush()

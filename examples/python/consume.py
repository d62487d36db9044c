"""Prints four predictions, each once it is committed."""
import sys

from confluent_kafka import Consumer
from streamgrad.v1.streamgrad_pb2 import PredictionBatch

consumer = Consumer({
    "bootstrap.servers": sys.argv[1],
    "group.id": "readers",
    "auto.offset.reset": "earliest",
    "isolation.level": "read_committed",
})
consumer.subscribe(["streamgrad.predictions"])
for _ in range(4):
    message = None
    while message is None:
        message = consumer.poll(1.0)
    if message.error():
        raise SystemExit(message.error())
    p = PredictionBatch.FromString(message.value())
    print(p.model, f"v{p.model_version}", p.batch_id, list(p.classes), f"{p.score.correct} right")
consumer.close()

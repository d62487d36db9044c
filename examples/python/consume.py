"""Prints COUNT predictions, each once it is committed: consume.py localhost:9092 COUNT."""
import sys

from confluent_kafka import Consumer
from streamgrad.v1.streamgrad_pb2 import PredictionBatch

consumer = Consumer({
    "bootstrap.servers": sys.argv[1],
    "group.id": "python-readers",
    "auto.offset.reset": "earliest",
    "isolation.level": "read_committed",
})
consumer.subscribe(["streamgrad.predictions"])
for _ in range(int(sys.argv[2])):
    message = None
    while message is None:
        message = consumer.poll(1.0)
    if message.error():
        raise SystemExit(message.error())
    p = PredictionBatch.FromString(message.value())
    scored = p.HasField("score")  # the batch had labels
    score = f"{p.score.correct} right, loss {p.score.mean_loss:.3f}" if scored else "no labels"
    print(p.model, f"v{p.model_version}", p.batch_id, list(p.classes), score)
consumer.close()

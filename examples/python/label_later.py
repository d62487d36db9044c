"""Sends four batches without labels, and their labels when each has been predicted."""
import sys

from confluent_kafka import Consumer, Producer
from streamgrad.v1.streamgrad_pb2 import ImageBatch, LabelBatch, PredictionBatch

server, model = sys.argv[1], sys.argv[2]
producer = Producer({
    "bootstrap.servers": server,
    "enable.idempotence": True,
    "partitioner": "murmur2_random",  # the service's models.partitioner: murmur2
})
truth = {}  # by batch id; in real life it comes from people, or from what happened
for number in range(4):
    batch = ImageBatch(height=28, width=28, batch_id=f"{model}-later-{number}")
    batch.pixels = bytes((number * i) % 256 for i in range(2 * 28 * 28))
    truth[batch.batch_id] = bytes([number, 9 - number])
    producer.produce("streamgrad.images", key=model, value=batch.SerializeToString())
producer.flush()

consumer = Consumer({
    "bootstrap.servers": server,
    "group.id": f"{model}-labelers",
    "auto.offset.reset": "earliest",
    "isolation.level": "read_committed",
})
consumer.subscribe(["streamgrad.predictions"])
while truth:
    message = consumer.poll(1.0)
    if message is None:
        continue
    if message.error():
        raise SystemExit(message.error())
    prediction = PredictionBatch.FromString(message.value())
    if prediction.model == model and prediction.batch_id in truth:
        labels = LabelBatch(input=prediction.input, labels=truth.pop(prediction.batch_id))
        producer.produce("streamgrad.labels", key=model, value=labels.SerializeToString())
producer.flush()
consumer.close()

"""Sends PNG images of a class: produce_png.py localhost:9092 MODEL CLASS FILE..."""
import sys

from confluent_kafka import Producer

producer = Producer({
    "bootstrap.servers": sys.argv[1],
    "enable.idempotence": True,
    "partitioner": "murmur2_random",  # the service's models.partitioner: murmur2
})
model, label, *files = sys.argv[2:]
for file in files:
    with open(file, "rb") as image:
        producer.produce("streamgrad.images", key=model, value=image.read(), headers={
            "content-type": "image/png",
            "streamgrad.labels": label,  # leave it out to predict only
            "streamgrad.batch-id": file,
        })
producer.flush()

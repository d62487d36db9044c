"""Drains a topic as a Python program would: a consumer and a training step, without any guarantee.

Usage: loop.py numpy|torch BOOTSTRAP TOPIC RECORDS BATCH_SIZE MODULES
MODULES is the directory with the messages that protoc generated. Prints one line of JSON.
"""

import json
import sys
import time

from confluent_kafka import Consumer, TopicPartition

WARM_UP = 0.4


def numpy_step():
    import numpy as np

    random = np.random.default_rng(18)
    w1 = random.uniform(-1, 1, (784, 10)).astype(np.float32) * np.float32((6 / 784) ** 0.5)
    w2 = random.uniform(-1, 1, (10, 10)).astype(np.float32) * np.float32((6 / 10) ** 0.5)
    b1 = np.zeros(10, np.float32)
    b2 = np.zeros(10, np.float32)
    rate = np.float32(0.1)

    def step(pixels, labels):
        m = len(labels)
        x = np.frombuffer(pixels, np.uint8).reshape(m, 784) * np.float32(1 / 255)
        y = np.frombuffer(labels, np.uint8)
        z1 = x @ w1 + b1
        a1 = np.maximum(z1, 0)
        z2 = a1 @ w2 + b2
        z2 -= z2.max(axis=1, keepdims=True)
        p = np.exp(z2)
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(m), y] -= 1
        p /= m
        d1 = (p @ w2.T) * (z1 > 0)
        w2[...] -= rate * (a1.T @ p)
        b2[...] -= rate * p.sum(axis=0)
        w1[...] -= rate * (x.T @ d1)
        b1[...] -= rate * d1.sum(axis=0)

    return step


def torch_step():
    import torch

    torch.set_num_threads(1)
    model = torch.nn.Sequential(torch.nn.Linear(784, 10), torch.nn.ReLU(), torch.nn.Linear(10, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss = torch.nn.CrossEntropyLoss()

    def step(pixels, labels):
        m = len(labels)
        x = torch.frombuffer(bytearray(pixels), dtype=torch.uint8).reshape(m, 784) * (1 / 255)
        y = torch.frombuffer(bytearray(labels), dtype=torch.uint8).long()
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

    return step


def main():
    kind, bootstrap, topic, records, modules = sys.argv[1:6]
    records = int(records)
    sys.path.insert(0, modules)
    from streamgrad.v1.streamgrad_pb2 import ImageBatch

    step = numpy_step() if kind == "numpy" else torch_step()
    consumer = Consumer({
        "bootstrap.servers": bootstrap,
        "group.id": "unused",
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
    })
    consumer.assign([TopicPartition(topic, 0, 0)])
    seen = start_seen = 0
    start = None
    while seen < records:
        for message in consumer.consume(500, 1.0):
            batch = ImageBatch.FromString(message.value())
            step(batch.pixels, batch.labels)
            seen += 1
        if start is None and seen >= WARM_UP * records:
            start, start_seen = time.perf_counter(), seen
    with open("/proc/self/maps") as maps:
        blas = "OpenBLAS" if "libopenblas" in maps.read() else "not OpenBLAS"
    rate = (seen - start_seen) / (time.perf_counter() - start)
    print(json.dumps({"recordsPerSecond": rate, "blas": blas}))
    consumer.close()


main()

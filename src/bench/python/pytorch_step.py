"""One update in PyTorch on one core, data already in memory as bytes. Prints JSON.

Usage: pytorch_step.py LAYERS OPTIMIZER BATCH_SIZE, e.g. 784-512-256-10 adam 64
"""

import json
import sys
import time

import torch


def main():
    layers = [int(width) for width in sys.argv[1].split("-")]
    batch = int(sys.argv[3])
    torch.set_num_threads(1)
    torch.manual_seed(18)
    modules = []
    for inputs, outputs in zip(layers, layers[1:]):
        modules += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    model = torch.nn.Sequential(*modules[:-1])
    optimizer = (
        torch.optim.Adam(model.parameters(), lr=0.001)
        if sys.argv[2] == "adam"
        else torch.optim.SGD(model.parameters(), lr=0.1)
    )
    loss = torch.nn.CrossEntropyLoss()
    pixels = torch.randint(0, 256, (200, batch, layers[0]), dtype=torch.uint8)
    labels = torch.randint(0, layers[-1], (200, batch))

    def steps(seconds):
        done = 0
        start = time.perf_counter()
        while time.perf_counter() - start < seconds:
            optimizer.zero_grad()
            x = pixels[done % 200] * (1 / 255)
            loss(model(x), labels[done % 200]).backward()
            optimizer.step()
            done += 1
        return done / (time.perf_counter() - start)

    steps(2)
    rates = sorted(steps(1) for _ in range(5))
    print(json.dumps({
        "model": f"{sys.argv[1]}-{sys.argv[2]}",
        "images": batch,
        "imagesPerSecond": rates[2] * batch,
    }))


main()

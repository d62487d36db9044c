"""Writes golden/trajectory.csv: losses of 200 steps of PyTorch's optimizers, in double precision.

Initial weights and batches come from SplitMix64, as in Parameters.initial and TrajectoryTest.
Run: python3 golden_trajectory.py > ../resources/golden/trajectory.csv
"""
import math

import torch

LAYERS, BATCH, STEPS, SEED = [20, 12, 5], 8, 200, 7
MASK = (1 << 64) - 1


class SplitMix64:
    def __init__(self, seed):
        self.state = seed & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)


def initial():
    random, parameters = SplitMix64(SEED), []
    for inputs, outputs in zip(LAYERS, LAYERS[1:]):
        bound = torch.tensor(math.sqrt(6.0 / inputs), dtype=torch.float32)
        draws = [(random.next() >> 40) * 2.0**-24 for _ in range(inputs * outputs)]
        w = (2 * torch.tensor(draws, dtype=torch.float32) - 1) * bound
        parameters.append(w.double().reshape(outputs, inputs).requires_grad_())
        parameters.append(torch.zeros(outputs, dtype=torch.float64, requires_grad=True))
    return parameters


def batches():
    random = SplitMix64(SEED + 1)
    for _ in range(STEPS):
        pixels = [random.next() & 255 for _ in range(BATCH * LAYERS[0])]
        x = torch.tensor(pixels, dtype=torch.float64).reshape(BATCH, LAYERS[0])
        y = (x[:, 0] * LAYERS[-1] / 256).long()
        yield x / 255, y


OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.01),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.01),
}

for name, optimizer_of in OPTIMIZERS.items():
    parameters = initial()
    optimizer = optimizer_of(parameters)
    for step, (x, y) in enumerate(batches()):
        a = torch.relu(x @ parameters[0].T + parameters[1])
        loss = torch.nn.functional.cross_entropy(a @ parameters[2].T + parameters[3], y)
        print(f"{name},{step},{loss.item():.9f}")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    norm = math.sqrt(sum((p.detach() ** 2).sum().item() for p in parameters))
    print(f"{name},norm,{norm:.9f}")

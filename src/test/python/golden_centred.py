"""Writes golden/centred.csv: 200 steps on inputs less the mean of each pixel, in double precision, with NumPy.

From the definition: the mean over the images of earlier batches is subtracted from each image, and what is
learned is plain backpropagation on that. Many pixels are zero, in blocks of sixteen, as at an image's edge.
Initial weights and batches come from SplitMix64, as in Parameters.initial and CentredTrajectoryTest.
Without the subtraction it must come to PyTorch's losses of golden/trajectory.csv, or it fails.
Run: python3 golden_centred.py > ../resources/golden/centred.csv
"""
import pathlib
import sys

import numpy as np

SEED, BATCH, STEPS, RATE, DECAY = 7, 8, 200, 0.1, 0.95
MASK = (1 << 64) - 1
PYTORCH = pathlib.Path(__file__).parent / "../resources/golden/trajectory.csv"


class SplitMix64:
    def __init__(self, seed):
        self.state = seed & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)


def initial(layers):
    random, parameters = SplitMix64(SEED), []
    for inputs, outputs in zip(layers, layers[1:]):
        bound = np.float32(np.sqrt(6.0 / inputs))
        draws = np.array([(random.next() >> 40) * 2.0**-24 for _ in range(inputs * outputs)], np.float32)
        parameters.append(((2 * draws - 1) * bound).astype(float).reshape(outputs, inputs))
        parameters.append(np.zeros(outputs))
    return parameters


def batches(inputs, classes, sparse):
    random = SplitMix64(SEED + 1)
    for _ in range(STEPS):
        x = np.array([random.next() & 255 for _ in range(BATCH * inputs)], float).reshape(BATCH, inputs)
        y = (x[:, 0] * classes // 256).astype(int)
        if sparse:
            for image in x:
                for block in range(16, inputs, 16):
                    if random.next() & 1:
                        image[block : block + 16] = 0
        yield x, y


def forward(parameters, x):
    w1, b1, w2, b2 = parameters
    hidden = np.maximum(x @ w1.T + b1, 0)
    logits = hidden @ w2.T + b2
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return hidden, exponentials / exponentials.sum(axis=1, keepdims=True)


def loss(parameters, x, y):
    return -np.log(forward(parameters, x)[1][np.arange(len(y)), y]).mean()


def gradient(parameters, x, y):
    hidden, probabilities = forward(parameters, x)
    out = probabilities.copy()
    out[np.arange(len(y)), y] -= 1
    out /= len(y)
    back = (out @ parameters[2]) * (hidden > 0)
    return [back.T @ x, back.sum(axis=0), out.T @ hidden, out.sum(axis=0)]


def run(layers, centred, averaged, sparse):
    """Losses, each before its batch is learned, and the parameters at the end."""
    parameters = initial(layers)
    average = [p.copy() for p in parameters]
    total, images, losses = np.zeros(layers[0]), 0, []
    for step, (pixels, y) in enumerate(batches(layers[0], layers[-1], sparse), start=1):
        mean = total / images if centred and images else np.zeros(layers[0])
        x = (pixels - mean) / 255
        losses.append(loss(average if averaged else parameters, x, y))
        parameters = [p - RATE * g for p, g in zip(parameters, gradient(parameters, x, y))]
        share = max(1 - DECAY, 9 / (10 + step))
        average = [a + share * (p - a) for a, p in zip(average, parameters)]
        total, images = total + pixels.sum(axis=0), images + len(pixels)
    return losses, average if averaged else parameters


reference = [line.split(",") for line in PYTORCH.read_text().split()]
pytorch = [float(value) for name, step, value in reference if name == "sgd" and step != "norm"]
if np.abs(np.array(run([20, 12, 5], False, False, False)[0]) - pytorch).max() > 2e-9:
    sys.exit("not the losses of PyTorch where nothing is subtracted")

for name, averaged in (("plain", False), ("averaged", True)):
    losses, parameters = run([48, 12, 5], True, averaged, True)
    for step, value in enumerate(losses):
        print(f"{name},loss,{step},{value:.9f}")
    for tensor, values in enumerate(parameters):
        for element, value in enumerate(values.ravel()):
            print(f"{name},{tensor},{element},{value:.9f}")

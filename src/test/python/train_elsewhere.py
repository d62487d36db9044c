"""Trains a network on MNIST with PyTorch and writes it for "streamgrad model import".

Run in this directory: python3 train_elsewhere.py ../../main/resources/mnist ../resources/golden
(Debian's python3-torch and python3-numpy; the golden files were written by PyTorch 1.13.)

torch.safetensors is as safetensors.torch.save_file writes a state_dict: that package is in no Debian,
and so the format is written here by hand; torch.npz is NumPy's, of 64 bits. torch.csv has the accuracy
over the 10,000 test images, and the logits of the first five as PyTorch computes them.
"""
import gzip
import json
import pathlib
import struct
import sys

import numpy
import torch

mnist, golden = map(pathlib.Path, sys.argv[1:])


def idx(name, start):
    return numpy.frombuffer(gzip.open(mnist / name).read(), dtype=numpy.uint8)[start:]


def images(name):
    return torch.from_numpy(idx(name, 16).reshape(-1, 784).astype(numpy.float32) / 255)


torch.manual_seed(7)
torch.set_num_threads(1)
network = torch.nn.Sequential(torch.nn.Linear(784, 10), torch.nn.ReLU(), torch.nn.Linear(10, 10))
optimizer = torch.optim.Adam(network.parameters(), lr=0.002)
pixels = images("train-images-idx3-ubyte.gz")
labels = torch.from_numpy(idx("train-labels-idx1-ubyte.gz", 8).astype(numpy.int64))
for epoch in range(5):
    order = torch.randperm(len(labels))
    for batch in order.split(64):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(pixels[batch]), labels[batch]).backward()
        optimizer.step()

state = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
header, data = {"__metadata__": {"format": "pt"}}, b""
for name, array in state.items():
    header[name] = {
        "dtype": "F32", "shape": array.shape, "data_offsets": [len(data), len(data) + array.nbytes]}
    data += array.tobytes()
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
(golden / "torch.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
numpy.savez_compressed(golden / "torch.npz", **{
    name: numpy.asfortranarray(array.astype(numpy.float64)) for name, array in state.items()})

test = images("t10k-images-idx3-ubyte.gz")
right = idx("t10k-labels-idx1-ubyte.gz", 8)
with torch.no_grad():
    logits = network(test).numpy()
lines = [str((logits.argmax(axis=1) == right).sum())]
lines += [",".join(repr(float(logit)) for logit in row) for row in logits[:5]]
(golden / "torch.csv").write_text("\n".join(lines) + "\n")

"""Predicts images with an exported model, by NumPy alone: predict_exported.py FILE PIXELS

FILE is .safetensors or .npz; PIXELS has a byte for each pixel, image after image. Prints JSON: the
arrays' names, the metadata, and the classes and probabilities of the images.
"""
import json
import struct
import sys

import numpy

TYPES = {"F32": "<f4", "I64": "<i8"}


def read_safetensors(path):
    with open(path, "rb") as file:
        everything = file.read()
    (length,) = struct.unpack_from("<Q", everything)
    header = json.loads(everything[8 : 8 + length])
    metadata = header.pop("__metadata__")
    data = everything[8 + length :]
    arrays, end = {}, 0
    for name, tensor in header.items():
        begin, following = tensor["data_offsets"]
        assert begin == end, f"a gap before {name}"
        end = following
        array = numpy.frombuffer(data[begin:end], TYPES[tensor["dtype"]])
        arrays[name] = array.reshape(tensor["shape"])
    assert end == len(data), "more than the tensors"
    return metadata, arrays


def read_npz(path):
    arrays = dict(numpy.load(path))
    return json.loads(arrays.pop("__metadata__").item()), arrays


def predict(arrays, images):
    prefix = "averaged." if "averaged.0.weight" in arrays else ""
    x = images / 255.0
    if "pixels.sums" in arrays and arrays["pixels.images"] > 0:
        seen = float(arrays["pixels.images"])
        mean = arrays["pixels.sums"] / (255.0 * seen)
        x = x - mean
        if "pixels.squares" in arrays:
            variance = arrays["pixels.squares"] / (255.0**2 * seen) - mean**2
            x = x / numpy.sqrt(numpy.maximum(variance, 0) + 0.01)
    layer = 0
    while f"{prefix}{layer}.weight" in arrays:
        if layer > 0:
            x = numpy.maximum(x, 0)
        weight = arrays[f"{prefix}{layer}.weight"].astype(numpy.float64)
        x = x @ weight.T + arrays[f"{prefix}{layer}.bias"]
        layer += 2
    e = numpy.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


path, pixels = sys.argv[1:]
metadata, arrays = (read_npz if path.endswith(".npz") else read_safetensors)(path)
inputs = arrays["0.weight"].shape[1]
images = numpy.fromfile(pixels, dtype=numpy.uint8).reshape(-1, inputs)
probabilities = predict(arrays, images)
print(
    json.dumps(
        {
            "metadata": metadata,
            "shapes": {name: list(array.shape) for name, array in arrays.items()},
            "classes": probabilities.argmax(axis=1).tolist(),
            "probabilities": probabilities.tolist(),
        }
    )
)

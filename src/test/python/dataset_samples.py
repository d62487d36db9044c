"""Writes small data sets in NumPy's formats, for DatasetsTest, into src/test/resources/dataset.

    python -m pip install numpy
    python src/test/python/dataset_samples.py
"""
import pathlib

import numpy as np

OUT = pathlib.Path("src/test/resources/dataset")
IMAGES = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
COLORS = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)
LABELS = np.array([7, 2])

OUT.mkdir(parents=True, exist_ok=True)
np.savez_compressed(OUT / "kmnist-train-imgs.npz", IMAGES)
np.savez_compressed(OUT / "kmnist-train-labels.npz", LABELS.astype("u1"))
np.savez(OUT / "keras.npz", x_train=IMAGES, y_train=LABELS, x_test=COLORS, y_test=LABELS[:, None])
for name in "i1", "u2", "<i2", ">i4", "<i8", "<u4":
    np.save(OUT / f"labels-{name.strip('<>')}.npy", LABELS.astype(name))
np.save(OUT / "floats.npy", LABELS.astype("f4"))
np.save(OUT / "fortran.npy", np.asfortranarray(IMAGES))
np.save(OUT / "objects.npy", np.array([{}, None]), allow_pickle=True)

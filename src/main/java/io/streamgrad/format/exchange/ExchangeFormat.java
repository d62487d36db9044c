package io.streamgrad.format.exchange;

import java.io.IOException;
import java.io.OutputStream;

/** The formats that models are exported in. */
public enum ExchangeFormat {
  /** All arrays of the state, for PyTorch and others. */
  SAFETENSORS {
    @Override
    public void write(ModelExport export, OutputStream out) throws IOException {
      Safetensors.write(export, out);
    }
  },

  /** The function from pixels to classes and probabilities. */
  ONNX {
    @Override
    public void write(ModelExport export, OutputStream out) throws IOException {
      Onnx.model(export).writeTo(out);
    }
  },

  /** All arrays of the state, for NumPy. */
  NPZ {
    @Override
    public void write(ModelExport export, OutputStream out) throws IOException {
      Npz.write(export, out);
    }
  };

  /** Writes a model; equal exports give equal bytes. Does not close the stream. */
  public abstract void write(ModelExport export, OutputStream out) throws IOException;
}

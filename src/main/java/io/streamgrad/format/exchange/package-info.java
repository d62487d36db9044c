/**
 * A model as others read it: safetensors, ONNX and NumPy's npz. Bytes to a stream, the same for the
 * same state; and files of others, which are not trusted, to states. No Kafka. Uses model, format,
 * the kernel's scaling of pixels and the messages of ONNX.
 */
@NullMarked
package io.streamgrad.format.exchange;

import org.jspecify.annotations.NullMarked;

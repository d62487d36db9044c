/**
 * Models asked over HTTP, by the Open Inference Protocol, version 2 (REST), with Triton's extension
 * for binary tensors. Sees committed models only.
 */
@NullMarked
package io.streamgrad.inference;

import org.jspecify.annotations.NullMarked;

/**
 * The loops that take the time, scalar and with vectors, to the same bits: affine layers, their
 * gradients, softmax. Arrays in, arrays out; uses nothing.
 */
@NullMarked
package io.streamgrad.kernel;

import org.jspecify.annotations.NullMarked;

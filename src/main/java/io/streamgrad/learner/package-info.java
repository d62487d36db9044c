/**
 * The mathematics on top of the kernels: forward and backward pass, optimizers, and when an update
 * is skipped or a model has diverged. Uses model and kernel.
 */
@NullMarked
package io.streamgrad.learner;

import org.jspecify.annotations.NullMarked;

/**
 * What a model is: its specification, parameters and state, a mini-batch, a prediction and how
 * right it is, and where in the input a model has come to. Plain Java and EJML; no Kafka, no
 * configuration, no clock, no I/O. Uses nothing.
 */
@NullMarked
package io.streamgrad.model;

import org.jspecify.annotations.NullMarked;

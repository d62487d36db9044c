/**
 * The mathematics: the network, its loss, the optimizers, the kernels and the prequential score.
 * Plain Java and EJML; no Kafka, no clock, no I/O. Uses the configuration only.
 */
@NullMarked
package io.streamgrad.learner;

import org.jspecify.annotations.NullMarked;

/**
 * The oracle: learns the input log again with the plain learner, without Kafka Streams, and
 * compares what comes out with what the service published and stored, bit for bit. Uses the
 * configuration, the decoder, the learner and the weights' layout; not the topology, whose work it
 * judges.
 */
@NullMarked
package io.streamgrad.verify;

import org.jspecify.annotations.NullMarked;

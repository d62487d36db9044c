/**
 * The stream: the topology in one method, processors that are thin adapters to the learner, the
 * thread that learns, dead letters, starting and stopping Kafka Streams, and whether weights, input
 * and offsets belong together.
 */
@NullMarked
package io.streamgrad.topology;

import org.jspecify.annotations.NullMarked;

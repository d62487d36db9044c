/**
 * The stream: the topology in one method, processors that are thin adapters to the learner, the
 * thread that learns, dead letters, and starting and stopping Kafka Streams.
 */
@NullMarked
package io.streamgrad.topology;

import org.jspecify.annotations.NullMarked;

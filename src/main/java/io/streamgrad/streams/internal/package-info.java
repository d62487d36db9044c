/**
 * What the guarantees need of Kafka Streams' internals: the moment before a commit, forwarding in
 * it, and whether partitions are being given up. No other package imports {@code
 * org.apache.kafka.streams..internals..}; each import here has a test that goes red when its
 * behaviour changes.
 */
@NullMarked
package io.streamgrad.streams.internal;

import org.jspecify.annotations.NullMarked;

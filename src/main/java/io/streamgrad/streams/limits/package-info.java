/**
 * What the output topics and the producer take, what the service's records may weigh, and what is
 * to be done where Kafka refuses one all the same.
 */
@NullMarked
package io.streamgrad.streams.limits;

import org.jspecify.annotations.NullMarked;

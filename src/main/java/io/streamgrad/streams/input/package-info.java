/**
 * Whether weights, input and offsets belong together: what is stored beside the weights against
 * what Kafka has, at the start and while the service runs.
 */
@NullMarked
package io.streamgrad.streams.input;

import org.jspecify.annotations.NullMarked;

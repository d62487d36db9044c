/**
 * How a changelog partition is laid out: the keys and values of models and of what is kept beside
 * them, and the position that they have come to. No Kafka. Uses the bytes of a stored model.
 */
@NullMarked
package io.streamgrad.format.changelog;

import org.jspecify.annotations.NullMarked;

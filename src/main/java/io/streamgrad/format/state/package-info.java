/**
 * The bytes of a stored model: a table of named sections, and how each of them lies. No Kafka. Uses
 * the model.
 */
@NullMarked
package io.streamgrad.format.state;

import org.jspecify.annotations.NullMarked;

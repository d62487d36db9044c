/**
 * The Kafka state store: live models in front of a logged store of bytes, which writes, with each
 * commit, where in the input they are, and states from time to time. Uses recovery, format and
 * model.
 */
@NullMarked
package io.streamgrad.store;

import org.jspecify.annotations.NullMarked;

/**
 * The Kafka state store: live models in front of a logged store of bytes, which writes, with each
 * commit, what they can be restored from and where in the input they are. Uses recovery, format and
 * model, and the learner to hand on.
 */
@NullMarked
package io.streamgrad.store;

import org.jspecify.annotations.NullMarked;

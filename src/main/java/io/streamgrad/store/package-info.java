/**
 * The weights at rest: their binary layout, and the state store that writes to its changelog, with
 * each commit, what they can be restored from (the state of a small model, the batches that a large
 * one has learned) and where in the input they are. Uses the learner, which learns these again.
 */
@NullMarked
package io.streamgrad.store;

import org.jspecify.annotations.NullMarked;

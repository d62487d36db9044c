/**
 * The weights at rest: their binary layout, and the state store that writes them to its changelog
 * once per commit. Uses the learner.
 */
@NullMarked
package io.streamgrad.store;

import org.jspecify.annotations.NullMarked;

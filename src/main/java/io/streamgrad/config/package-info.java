/**
 * The service's configuration: a tree of immutable records, validated when they are built. Uses
 * nothing else of Streamgrad.
 */
@NullMarked
package io.streamgrad.config;

import org.jspecify.annotations.NullMarked;

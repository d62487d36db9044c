/** The service's topics and its permissions, checked before it starts. */
@NullMarked
package io.streamgrad.streams.admin;

import org.jspecify.annotations.NullMarked;

/**
 * The stream: the topology in one method. The packages below have its processors, the rest of a
 * task, and the life of the service.
 */
@NullMarked
package io.streamgrad.streams;

import org.jspecify.annotations.NullMarked;

/**
 * Models as they were committed, for other threads than those that learn: copies that nobody
 * changes, of models that somebody asks for. Knows no Kafka.
 */
@NullMarked
package io.streamgrad.committed;

import org.jspecify.annotations.NullMarked;

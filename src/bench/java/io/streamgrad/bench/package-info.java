/** How fast the service drains a topic, next to what does less, to Flink and to Python. */
@NullMarked
package io.streamgrad.bench;

import org.jspecify.annotations.NullMarked;

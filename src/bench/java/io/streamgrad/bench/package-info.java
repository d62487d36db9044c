/** How fast the service drains a topic, next to what does less and next to Python. */
@NullMarked
package io.streamgrad.bench;

import org.jspecify.annotations.NullMarked;

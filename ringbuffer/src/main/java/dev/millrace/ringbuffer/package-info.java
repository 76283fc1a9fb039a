/** placeholder */
@NullMarked
package dev.millrace.ringbuffer;

import org.jspecify.annotations.NullMarked;

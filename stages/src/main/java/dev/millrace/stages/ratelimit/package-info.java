/**
 * Permits per caller: what a caller may ask for in a minute, in requests and in tokens. Runs on:
 * the {@code rate-limit} thread; {@link dev.millrace.stages.ratelimit.Settlements} is its only way
 * in from another thread.
 */
@NullMarked
package dev.millrace.stages.ratelimit;

import org.jspecify.annotations.NullMarked;

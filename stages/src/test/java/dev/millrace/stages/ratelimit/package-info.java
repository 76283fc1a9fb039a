/** Tests of the rate-limit stage. */
@NullMarked
package dev.millrace.stages.ratelimit;

import org.jspecify.annotations.NullMarked;

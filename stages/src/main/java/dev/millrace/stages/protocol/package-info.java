/**
 * What a protocol's decoder tells its encoder through the request's context. Made by decode, read
 * by reply.
 */
@NullMarked
package dev.millrace.stages.protocol;

import org.jspecify.annotations.NullMarked;

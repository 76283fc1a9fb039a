/**
 * The messages of the Aeron door, byte by byte; {@code docs/aeron.md} has the same as tables. Door
 * and client share this package and nothing else.
 */
@NullMarked
package dev.millrace.ingress.aeron.frame;

import org.jspecify.annotations.NullMarked;

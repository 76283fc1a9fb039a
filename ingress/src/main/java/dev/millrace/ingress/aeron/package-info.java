/**
 * The Aeron door: messages of {@link dev.millrace.ingress.aeron.frame} into the request ring, and
 * answers back to their clients. Runs on: the door's one thread; the reply thread puts answers into
 * a client's publication itself.
 */
@NullMarked
package dev.millrace.ingress.aeron;

import org.jspecify.annotations.NullMarked;

/** A client of the Aeron door: what a program on the JVM needs to ask a Millrace. */
@NullMarked
package dev.millrace.ingress.aeron.client;

import org.jspecify.annotations.NullMarked;

/**
 * The HTTP door: Undertow's bytes into the request ring, and answers back to the sockets. Runs on:
 * the door's I/O threads, each of which owns its connections; the reply thread hands answers over
 * through {@link dev.millrace.ingress.http.HttpReplySink}.
 */
@NullMarked
package dev.millrace.ingress.http;

import org.jspecify.annotations.NullMarked;

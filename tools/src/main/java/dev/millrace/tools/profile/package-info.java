/**
 * {@code millrace profile}: where the time of requests went, from a flight recording, from a
 * journal, or from a server that runs. Runs on the command line's thread; what a running server
 * sends comes on a thread of the stream.
 */
@NullMarked
package dev.millrace.tools.profile;

import org.jspecify.annotations.NullMarked;

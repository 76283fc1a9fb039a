/**
 * {@code millrace bench …}: measures a part of the system in this process, or a server over HTTP.
 * Runs on the command line's thread, beside the threads of the parts that it measures.
 */
@NullMarked
package dev.millrace.tools.bench;

import org.jspecify.annotations.NullMarked;

/**
 * {@code bench http} with a rate, a duration or a goal: a load of a server, open or closed, and
 * what became of it. Runs on: the command's own thread.
 */
@NullMarked
package dev.millrace.tools.bench.http;

import org.jspecify.annotations.NullMarked;

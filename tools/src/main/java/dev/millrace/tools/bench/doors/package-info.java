/**
 * {@code bench doors}: one server, asked through each of its doors. Runs on: the command's own
 * thread; server and drivers keep theirs.
 */
@NullMarked
package dev.millrace.tools.bench.doors;

import org.jspecify.annotations.NullMarked;

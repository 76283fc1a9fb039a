/**
 * The acceptance list, run against real servers over real sockets: one class per promise. Tests run
 * on JUnit's thread; clients on virtual threads; the server's own threads are the ones under test.
 */
@NullMarked
package dev.millrace.tools.acceptance;

import org.jspecify.annotations.NullMarked;

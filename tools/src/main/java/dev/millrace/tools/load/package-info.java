/**
 * What a client is made of that loads a server over HTTP and measures it: when to send, what was
 * answered, how long that took. Knows nothing of journals.
 */
@NullMarked
package dev.millrace.tools.load;

import org.jspecify.annotations.NullMarked;

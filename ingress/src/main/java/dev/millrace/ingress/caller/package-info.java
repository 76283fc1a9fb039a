/** Who calls, whichever door they come through. */
@NullMarked
package dev.millrace.ingress.caller;

import org.jspecify.annotations.NullMarked;

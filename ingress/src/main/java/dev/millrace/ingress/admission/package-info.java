/** From a whole body to the request ring, whichever door it came through. */
@NullMarked
package dev.millrace.ingress.admission;

import org.jspecify.annotations.NullMarked;

/** The official contracts of the protocols, for tests of this module and of others. */
@NullMarked
package dev.millrace.stages.contracts;

import org.jspecify.annotations.NullMarked;

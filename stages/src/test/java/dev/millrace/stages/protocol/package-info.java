/** Tests of what decoders tell encoders. */
@NullMarked
package dev.millrace.stages.protocol;

import org.jspecify.annotations.NullMarked;

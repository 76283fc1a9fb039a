/** Tests of the reply stage, and the sink that records what a client would get. */
@NullMarked
package dev.millrace.stages.reply;

import org.jspecify.annotations.NullMarked;

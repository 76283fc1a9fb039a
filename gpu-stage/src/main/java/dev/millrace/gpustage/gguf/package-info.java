/**
 * GGUF files: the container of llama.cpp's models, read with checks and written.
 *
 * <p>The format: <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">GGUF</a>. Runs
 * on the command line's thread, in plain Java.
 */
@NullMarked
package dev.millrace.gpustage.gguf;

import org.jspecify.annotations.NullMarked;

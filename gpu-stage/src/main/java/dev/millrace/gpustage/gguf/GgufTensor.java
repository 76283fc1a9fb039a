package dev.millrace.gpustage.gguf;

import java.util.List;

/**
 * Where one tensor lies in a GGUF file.
 *
 * @param name the file's name for it
 * @param type of its elements
 * @param shape row-major: the last length is that of a row
 * @param offsetBytes from the start of the file
 * @param bytes how many
 */
public record GgufTensor(
        String name, GgmlType type, List<Long> shape, long offsetBytes, long bytes) {}

package dev.millrace.gpustage.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Writes safetensors files: right ones from tensors, wrong ones from any header and data. */
public final class SafetensorsWriter {
    private final List<String> entries = new ArrayList<>();
    private final List<float[]> tensors = new ArrayList<>();
    private long bytes;

    /** Adds a tensor of 32-bit floats. */
    public SafetensorsWriter add(String name, float[] values, long... shape) {
        long end = bytes + 4L * values.length;
        entries.add(
                "\""
                        + name
                        + "\":{\"dtype\":\"F32\",\"shape\":"
                        + Arrays.toString(shape)
                        + ",\"data_offsets\":["
                        + bytes
                        + ","
                        + end
                        + "]}");
        tensors.add(values);
        bytes = end;
        return this;
    }

    /** Writes what was added. */
    public void write(Path file) {
        StringBuilder header = new StringBuilder("{" + String.join(",", entries) + "}");
        while (header.length() % 8 != 0) {
            header.append(' ');
        }
        ByteBuffer data =
                ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
        tensors.forEach(tensor -> {
            for (float value : tensor) {
                data.putFloat(value);
            }
        });
        write(file, header.toString(), data.array());
    }

    /** Writes a header as it stands, with its true length. */
    public static void write(Path file, String header, byte[] data) {
        write(file, header.getBytes(StandardCharsets.UTF_8).length, header, data);
    }

    /** Writes a header and whatever length it claims to have. */
    public static void write(Path file, long claimedLength, String header, byte[] data) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out =
                ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(claimedLength).put(json).put(data);
        try {
            Files.write(file, out.array());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}

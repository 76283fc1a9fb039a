package dev.millrace.stages.tokenizer;

import com.sun.management.ThreadMXBean;
import dev.millrace.stages.tokenizer.compiled.TokenizerCompiler;
import dev.millrace.stages.tokenizer.compiled.Unsupported;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.IntArrayList;
import tools.jackson.databind.ObjectMapper;

/**
 * MB per second of CPU of the compiled tokenizer and of Hugging Face's own, and what the compiled
 * one allocates: {@code EncodeSpeed TEXT tokenizer.json…}. HACKING.md has the command.
 */
final class EncodeSpeed {
    private static final int CHUNK_BYTES = 2000;
    private static final long SECONDS = 3;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final List<byte[]> chunks = new ArrayList<>();
    private final IntArrayList ids = new IntArrayList(1 << 16, -1);

    public static void main(String[] args) throws IOException, Unsupported {
        var speed = new EncodeSpeed();
        speed.read(Path.of(args[0]));
        for (int i = 1; i < args.length; i++) {
            speed.measure(Path.of(args[i]));
        }
    }

    /** Pieces as long as a prompt, cut between lines. */
    private void read(Path file) throws IOException {
        var chunk = new StringBuilder();
        for (String line : Files.readAllLines(file)) {
            chunk.append(line).append('\n');
            if (chunk.length() > CHUNK_BYTES) {
                chunks.add(chunk.toString().getBytes(StandardCharsets.UTF_8));
                chunk.setLength(0);
            }
        }
        chunks.add(chunk.toString().getBytes(StandardCharsets.UTF_8));
    }

    private void measure(Path file) throws IOException, Unsupported {
        String json = Files.readString(file);
        try (Tokenizer theirs = new HuggingFaceTokenizer(json, 1);
                Tokenizer ours =
                        new CompiledTokenizer(
                                TokenizerCompiler.compile(new ObjectMapper().readTree(json)), 1)) {
            double slow = megabytesPerSecond(theirs);
            megabytesPerSecond(ours);
            long before = THREADS.getCurrentThreadAllocatedBytes();
            pass(ours);
            long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
            double fast = megabytesPerSecond(ours);
            System.out.printf(
                    "%s: compiled %.1f MB/s, Hugging Face's %.2f MB/s; %.2f bytes a token;"
                            + " %d bytes allocated for %d texts%n",
                    file, fast, slow, bytes() / (double) ids.size(), allocated, chunks.size());
        }
    }

    private long bytes() {
        return chunks.stream().mapToLong(chunk -> chunk.length).sum();
    }

    private double megabytesPerSecond(Tokenizer tokenizer) {
        long began = THREADS.getCurrentThreadCpuTime();
        long passes = 0;
        long taken;
        do {
            pass(tokenizer);
            passes++;
            taken = THREADS.getCurrentThreadCpuTime() - began;
        } while (taken < SECONDS * 1_000_000_000);
        return passes * bytes() * 1e3 / taken;
    }

    private void pass(Tokenizer tokenizer) {
        ids.clear();
        for (int i = 0; i < chunks.size(); i++) {
            tokenizer.encode(chunks.get(i), 0, chunks.get(i).length, true, ids);
        }
    }

    private EncodeSpeed() {}
}

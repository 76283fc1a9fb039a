package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A file system of a few megabytes, mounted: needs root. */
final class SmallDisk {
    private final Path mount;

    private SmallDisk(Path mount) {
        this.mount = mount;
    }

    /** Skips the test where nothing may be mounted. */
    static SmallDisk mount(Path at, int megabytes) throws Exception {
        String size = "size=" + megabytes + "m";
        String said = run("mount", "-t", "tmpfs", "-o", size, "tmpfs", at.toString());
        assumeTrue(said.isEmpty(), "a small disk needs the right to mount one: " + said);
        return new SmallDisk(at);
    }

    private static String run(String... command) throws Exception {
        try {
            Process process =
                    new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
            String said =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? "" : said.isBlank() ? "refused" : said.strip();
        } catch (IOException e) {
            return e.toString();
        }
    }

    long free() throws IOException {
        return Files.getFileStore(mount).getUsableSpace();
    }

    /** A file that takes all but so many bytes of what is free. */
    Path fillUpTo(long left) throws IOException {
        Path filler = mount.resolve("filler");
        byte[] zeros = new byte[64 << 10];
        try (var out = Files.newOutputStream(filler)) {
            while (free() > left + zeros.length) {
                out.write(zeros);
            }
        }
        return filler;
    }

    void unmount() throws Exception {
        assertThat(run("umount", "-l", mount.toString())).isEmpty();
    }
}

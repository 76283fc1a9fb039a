package dev.millrace.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A small file beside the journal's, which says what the removed ones did. Whoever put it there, it
 * is read within its bound.
 *
 * @param text what it must look like
 */
record FolderNote(String name, int maxBytes, Pattern text) {
    /** What it says in a folder; null where there is none, or none that says what it should. */
    @Nullable Matcher read(Path folder) throws IOException {
        Path file = folder.resolve(name);
        if (!Files.isRegularFile(file) || Files.size(file) > maxBytes) {
            return null;
        }
        Matcher matcher =
                text.matcher(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
        return matcher.matches() ? matcher : null;
    }

    /** Whole, or as it was before; on the disk when this returns. */
    void write(Path folder, byte[] content) throws IOException {
        Path fresh = folder.resolve(name + ".new");
        Files.deleteIfExists(fresh);
        try (FileChannel file =
                FileChannel.open(fresh, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(content));
            file.force(true);
        }
        JournalFolder.ownerOnly(fresh);
        Files.move(fresh, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        // The note must be there before what it speaks of is gone.
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }
}

package dev.millrace.tools.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Where a stranger's file names may lead: into one folder and nowhere else. */
final class ModelFolder {
    private static final int MOST_NAME = 1024;
    private static final Pattern UNSAFE = Pattern.compile("[\\\\:\\p{Cntrl}]");

    private final Path folder;

    ModelFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * The place of a file, whose folder is there afterwards.
     *
     * @throws PullException if the name leads out of the folder, or through a link
     */
    Path place(String name) throws IOException {
        if (name.length() > MOST_NAME || UNSAFE.matcher(name).find()) {
            throw unsafe(name);
        }
        Files.createDirectories(folder);
        Path place = folder;
        String[] segments = name.split("/", -1);
        for (int i = 0; i < segments.length; i++) {
            String segment = segments[i];
            if (segment.isBlank() || segment.equals(".") || segment.equals("..")) {
                throw unsafe(name);
            }
            place = place.resolve(segment);
            if (Files.isSymbolicLink(place)) {
                throw new PullException(place + ": is a link; a file of the folder is expected");
            }
            if (i < segments.length - 1 && !Files.isDirectory(place)) {
                Files.createDirectory(place);
            }
        }
        return place;
    }

    private static PullException unsafe(String name) {
        String shown = name.substring(0, Math.min(name.length(), MOST_NAME));
        return new PullException(
                "the server names a file \""
                        + UNSAFE.matcher(shown).replaceAll("?")
                        + "\", which leads out of the folder; nothing of it is written");
    }
}

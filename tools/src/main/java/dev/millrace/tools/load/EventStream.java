package dev.millrace.tools.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Server-sent events as OpenAI's API uses them: data alone, one line each, {@code [DONE]} last. */
public final class EventStream {
    /** How a stream ends that is whole. */
    public static final String DONE = "[DONE]";

    private static final String DATA = "data:";

    private EventStream() {}

    /** Takes the events. */
    public interface Reader {
        /**
         * One event.
         *
         * @param nanos when it arrived, of {@link System#nanoTime}
         */
        void event(String data, long nanos) throws IOException;
    }

    /**
     * Reads events until the server ends the stream.
     *
     * @return whether {@link #DONE} was among them
     */
    public static boolean read(InputStream body, Reader reader) throws IOException {
        var lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
        boolean done = false;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            long now = System.nanoTime();
            if (!line.startsWith(DATA)) {
                continue;
            }
            String data = line.substring(DATA.length()).strip();
            if (data.equals(DONE)) {
                done = true;
            } else {
                reader.event(data, now);
            }
        }
        return done;
    }
}

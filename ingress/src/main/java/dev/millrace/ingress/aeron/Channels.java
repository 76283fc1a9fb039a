package dev.millrace.ingress.aeron;

import dev.millrace.config.AeronConfig;
import io.aeron.CommonContext;
import java.util.Objects;

/**
 * Where the door takes requests and where answers go: Aeron's response channels, so that answers go
 * to whom the requests come from, and the door opens no channel that a stranger names. Stateless.
 */
final class Channels {
    private static final String IPC = "aeron:ipc";

    private Channels() {}

    static String ipcRequests() {
        return IPC;
    }

    static String udpRequests(AeronConfig config) {
        return "aeron:udp?endpoint=" + config.endpoint();
    }

    /**
     * @param image the client's requests, by its correlation id
     */
    static String ipcAnswers(AeronConfig config, long image) {
        return IPC + "?control-mode=response|term-length=" + config.termBytes() + of(image);
    }

    static String udpAnswers(AeronConfig config, long image) {
        return "aeron:udp?control-mode=response|control="
                + Objects.requireNonNull(config.answersFrom())
                + "|term-length="
                + config.termBytes()
                + of(image);
    }

    private static String of(long image) {
        return "|" + CommonContext.RESPONSE_CORRELATION_ID_PARAM_NAME + "=" + image;
    }
}

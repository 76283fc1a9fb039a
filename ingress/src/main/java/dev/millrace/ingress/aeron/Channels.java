package dev.millrace.ingress.aeron;

import dev.millrace.config.AeronConfig;
import dev.millrace.config.ConfigException;
import io.aeron.CommonContext;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketException;
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

    /**
     * Checks that nobody else uses the port that UDP clients ask at for their answers.
     *
     * @throws ConfigException where it is taken, or no address of this machine
     */
    static void checkAnswers(AeronConfig config) {
        String address = Objects.requireNonNull(config.answersFrom());
        int colon = address.lastIndexOf(':');
        String host = address.substring(0, colon);
        int port = Integer.parseInt(address.substring(colon + 1));
        try {
            new DatagramSocket(new InetSocketAddress(host, port)).close();
        } catch (SocketException e) {
            throw new ConfigException(
                    "aeron.control",
                    address,
                    "an address of this machine with a free port; without one it is the port"
                            + " after aeron.endpoint's ("
                            + e.getMessage()
                            + ")");
        }
    }

    private static String of(long image) {
        return "|" + CommonContext.RESPONSE_CORRELATION_ID_PARAM_NAME + "=" + image;
    }
}

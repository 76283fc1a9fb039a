package dev.millrace.ingress.aeron.client;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.Subscription;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.CloseHelper;
import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The two streams between a client and a door, and the driver where the client has its own. */
final class DoorConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DoorConnection.class);
    private static final long POLL_NANOS = 200_000;
    private static final long EXECUTOR_SLEEP_MILLIS = 16;

    private final @Nullable MediaDriver driver;
    private final @Nullable Aeron aeron;
    final Subscription answers;
    final ExclusivePublication requests;
    final DoorBell bell;

    /**
     * Connects.
     *
     * @throws IllegalStateException where no door answers in time; says where it was looked for
     */
    DoorConnection(ClientOptions options) {
        MediaDriver ownDriver = null;
        Aeron client = null;
        try {
            ownDriver = ownDriver(options);
            // Aeron's own handler would end the process when the server is gone.
            var context =
                    new Aeron.Context().errorHandler(e -> LOG.warn("aeron: {}", e.toString()));
            String directory =
                    ownDriver == null ? options.directory() : ownDriver.aeronDirectoryName();
            if (directory != null) {
                context.aeronDirectoryName(directory);
            }
            client = Aeron.connect(context);
            answers = client.addSubscription(answerChannel(options), options.streamId() + 1);
            requests =
                    client.addExclusivePublication(
                            requestChannel(options)
                                    + "response-correlation-id="
                                    + answers.registrationId()
                                    + "|term-length="
                                    + options.termBytes(),
                            options.streamId());
            await(options);
            bell = new DoorBell(client, options.streamId());
        } catch (RuntimeException | Error e) {
            CloseHelper.quietCloseAll(client, ownDriver);
            throw e;
        }
        driver = ownDriver;
        aeron = client;
    }

    private static @Nullable MediaDriver ownDriver(ClientOptions options) {
        if (options.endpoint() == null || options.directory() != null) {
            return null;
        }
        Path folder =
                Path.of(
                        System.getProperty("java.io.tmpdir"),
                        "millrace-client-" + UUID.randomUUID());
        return MediaDriver.launch(
                new MediaDriver.Context()
                        .aeronDirectoryName(folder.toString())
                        .threadingMode(ThreadingMode.SHARED)
                        .errorHandler(e -> LOG.warn("aeron: {}", e.toString()))
                        // Its thread resolves names, and looks for them all the time.
                        .asyncExecutorIdleStrategy(
                                new SleepingMillisIdleStrategy(EXECUTOR_SLEEP_MILLIS))
                        .publicationTermBufferLength(options.termBytes())
                        .dirDeleteOnShutdown(true));
    }

    private static String answerChannel(ClientOptions options) {
        String endpoint = options.endpoint();
        if (endpoint == null) {
            return "aeron:ipc?control-mode=response";
        }
        String control = options.control();
        if (control == null) {
            int colon = endpoint.lastIndexOf(':');
            int port = Integer.parseInt(endpoint.substring(colon + 1));
            control = endpoint.substring(0, colon + 1) + (port + 1);
        }
        return "aeron:udp?control-mode=response|control=" + control;
    }

    private static String requestChannel(ClientOptions options) {
        return options.endpoint() == null
                ? "aeron:ipc?"
                : "aeron:udp?endpoint=" + options.endpoint() + "|";
    }

    private void await(ClientOptions options) {
        long begun = System.nanoTime();
        long patience = TimeUnit.MILLISECONDS.toNanos(options.timeoutMillis());
        while (!requests.isConnected() || !answers.isConnected()) {
            if (System.nanoTime() - begun > patience) {
                throw new IllegalStateException(
                        "no Millrace answers "
                                + (options.endpoint() == null
                                        ? "over IPC on stream " + options.streamId()
                                        : "at " + options.endpoint())
                                + " within "
                                + options.timeoutMillis()
                                + " ms");
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    boolean isConnected() {
        return requests.isConnected() && answers.isConnected();
    }

    @Override
    public void close() {
        CloseHelper.closeAll(bell, requests, answers, aeron, driver);
    }
}

package dev.millrace.ingress.aeron;

import dev.millrace.config.AeronConfig;
import dev.millrace.config.ConfigException;
import io.aeron.Aeron;
import io.aeron.CncFileDescriptor;
import io.aeron.CommonContext;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.aeron.driver.exceptions.ActiveDriverException;
import io.aeron.driver.media.ReceiveChannelEndpoint;
import io.aeron.exceptions.AeronException;
import io.aeron.exceptions.DriverTimeoutException;
import java.io.File;
import java.nio.channels.DatagramChannel;
import java.util.function.Consumer;
import org.agrona.concurrent.AgentInvoker;
import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Aeron's client, and the media driver where that is the server's own. Both do their work when they
 * are {@link #invoke}d, but for names, which the driver's {@code aeron-executor} resolves. Runs on:
 * the control path, then the door's thread.
 */
final class AeronConnection implements AutoCloseable {
    /** Fewer fragments for bodies of some kilobytes; a page of two. */
    private static final int IPC_MTU_BYTES = 8 << 10;

    private static final long EXECUTOR_SLEEP_MILLIS = 200;

    private final @Nullable MediaDriver driver;
    private final Aeron aeron;
    private final AgentInvoker client;

    private AeronConnection(@Nullable MediaDriver driver, Aeron aeron) {
        this.driver = driver;
        this.aeron = aeron;
        this.client = aeron.conductorAgentInvoker();
    }

    /**
     * Starts the driver, or finds it.
     *
     * @param sockets is told each socket that an embedded driver takes requests at
     * @throws ConfigException where the folder is another's, or no driver answers there
     */
    static AeronConnection open(AeronConfig config, Consumer<DatagramChannel> sockets, Logger log) {
        String directory = directory(config);
        MediaDriver driver =
                config.driver() == AeronConfig.Driver.EMBEDDED
                        ? embedded(config, directory, sockets, log)
                        : null;
        try {
            var context =
                    new Aeron.Context()
                            .aeronDirectoryName(directory)
                            .useConductorAgentInvoker(true)
                            .errorHandler(e -> tell(log, "client", e));
            if (driver != null) {
                context.driverAgentInvoker(driver.sharedAgentInvoker());
            }
            return new AeronConnection(driver, Aeron.connect(context));
        } catch (DriverTimeoutException e) {
            throw new ConfigException(
                    "aeron.directory",
                    directory,
                    "the folder of a media driver that runs (" + e.getMessage() + ")");
        } catch (RuntimeException | Error e) {
            if (driver != null) {
                driver.close();
            }
            throw e;
        }
    }

    /** The driver's folder, which clients name. */
    static String directory(AeronConfig config) {
        String directory = config.directory();
        return directory == null ? CommonContext.getAeronDirectoryName() : directory;
    }

    private static MediaDriver embedded(
            AeronConfig config, String directory, Consumer<DatagramChannel> sockets, Logger log) {
        var folder = new File(directory);
        // The driver removes whatever its folder holds before it begins.
        if (folder.exists() && !new File(folder, CncFileDescriptor.CNC_FILE).exists()) {
            String[] files = folder.list();
            if (files == null || files.length > 0) {
                throw new ConfigException(
                        "aeron.directory",
                        directory,
                        "a folder that an embedded driver may remove: one that is not there, an"
                                + " empty one, or one of Aeron's");
            }
        }
        try {
            return MediaDriver.launch(
                    new MediaDriver.Context()
                            .aeronDirectoryName(directory)
                            .threadingMode(ThreadingMode.INVOKER)
                            .dirDeleteOnStart(false)
                            .dirDeleteOnShutdown(true)
                            .ipcTermBufferLength(config.termBytes())
                            .publicationTermBufferLength(config.termBytes())
                            .ipcMtuLength(IPC_MTU_BYTES)
                            .receiveChannelEndpointSupplier(
                                    (channel, dispatcher, status, context) ->
                                            new ReceiveChannelEndpoint(
                                                    channel, dispatcher, status, context) {
                                                @Override
                                                public void openChannel() {
                                                    super.openChannel();
                                                    sockets.accept(receiveDatagramChannel());
                                                }
                                            })
                            // Its thread resolves names, and looks for them all the time.
                            .asyncExecutorIdleStrategy(
                                    new SleepingMillisIdleStrategy(EXECUTOR_SLEEP_MILLIS))
                            .errorHandler(e -> tell(log, "driver", e)));
        } catch (ActiveDriverException e) {
            throw new ConfigException(
                    "aeron.directory",
                    directory,
                    "a folder that no driver uses, or did in the last ten seconds; or"
                            + " aeron.driver: external to use that driver");
        }
    }

    private static void tell(Logger log, String who, Throwable e) {
        if (e instanceof AeronException said && said.category() == AeronException.Category.WARN) {
            log.warn("aeron: {}: {}", who, said.getMessage());
        } else {
            log.error("aeron: {}", who, e);
        }
    }

    Aeron aeron() {
        return aeron;
    }

    /** Whether answers over UDP leave the machine by this very thread. */
    boolean drives() {
        return driver != null;
    }

    /** Does what is due; returns how much that was. */
    int invoke() {
        int work = client.invoke();
        return driver == null ? work : work + driver.sharedAgentInvoker().invoke();
    }

    @Override
    public void close() {
        aeron.close();
        if (driver != null) {
            driver.close();
        }
    }
}

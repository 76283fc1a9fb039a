package dev.millrace.tools.profile;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import dev.millrace.config.ConfigException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import jdk.management.jfr.RemoteRecordingStream;

/**
 * A running server whose events are read, through the JVM's own attach interface: the server opens
 * a management port that is reachable from this machine alone, and records while somebody looks.
 * Used by one thread; the stream's thread calls the screen.
 */
final class AttachedServer implements AutoCloseable {
    private static final long KEPT_BYTES = 4L << 30;

    private final JMXConnector connector;
    private final RemoteRecordingStream stream;

    private AttachedServer(JMXConnector connector, RemoteRecordingStream stream) {
        this.connector = connector;
        this.stream = stream;
    }

    /**
     * Attaches.
     *
     * @throws ConfigException where no process of this user's has that id, or it is no JVM
     */
    // The address is no user's input: the process that was attached to says it, and it is local.
    @SuppressWarnings("BanJNDI")
    static AttachedServer attach(long pid) {
        try {
            VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
            String address;
            try {
                address = machine.startLocalManagementAgent();
            } finally {
                machine.detach();
            }
            JMXConnector connector = JMXConnectorFactory.connect(new JMXServiceURL(address));
            return new AttachedServer(
                    connector, new RemoteRecordingStream(connector.getMBeanServerConnection()));
        } catch (IOException | AttachNotSupportedException e) {
            throw new ConfigException(
                    "PID",
                    Long.toString(pid),
                    "the process id of a running Millrace server of the same user: "
                            + e.getMessage());
        }
    }

    /**
     * Begins to show what happens.
     *
     * @param keepSeconds for {@link #dump}, what was seen for so long is kept and methods are
     *     sampled as well, which costs the server something; 0 for neither
     */
    void stream(LiveScreen screen, int keepSeconds) {
        stream.enable(FlightProfile.REQUEST).withoutStackTrace();
        stream.enable(FlightProfile.STEP).withoutStackTrace();
        stream.enable("jdk.GCPhasePause").withoutStackTrace();
        stream.enable("jdk.ExecuteVMOperation").withThreshold(Duration.ofMillis(1));
        stream.enable("jdk.CPULoad").withPeriod(LiveCommand.interval());
        if (keepSeconds > 0) {
            // Else what was shown is deleted.
            stream.setMaxAge(Duration.ofSeconds(keepSeconds + 10L));
            stream.setMaxSize(KEPT_BYTES);
            stream.enable("jdk.ExecutionSample").withPeriod(Duration.ofMillis(10));
            stream.enable("jdk.NativeMethodSample").withPeriod(Duration.ofMillis(10));
        }
        stream.onEvent(FlightProfile.REQUEST, screen::request);
        stream.onEvent(FlightProfile.STEP, screen::step);
        stream.onEvent("jdk.GCPhasePause", screen::pause);
        stream.onEvent("jdk.CPULoad", screen::load);
        stream.onFlush(screen::draw);
        stream.startAsync();
    }

    /** Called once, when the server is gone or this is closed. */
    void onClose(Runnable action) {
        stream.onClose(action);
    }

    /** Writes what was seen since the stream began. */
    void dump(Path file) throws IOException {
        stream.dump(file);
    }

    @Override
    public void close() throws IOException {
        stream.close();
        connector.close();
    }
}

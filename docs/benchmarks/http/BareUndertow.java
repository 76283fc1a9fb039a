import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.nio.ByteBuffer;

/**
 * What the door stands on, without the door: sends every body back, on the I/O thread that read it.
 *
 * <p>java -cp tools/target/millrace/lib/* BareUndertow.java PORT
 */
public final class BareUndertow {
    public static void main(String[] args) {
        // Without it every request is logged for debugging.
        System.setProperty("org.jboss.logging.provider", "jdk");
        Undertow.builder()
                .addHttpListener(Integer.parseInt(args[0]), "127.0.0.1")
                .setIoThreads(1)
                .setWorkerThreads(1)
                .setServerOption(UndertowOptions.BUFFER_PIPELINED_DATA, false)
                .setHandler(
                        exchange ->
                                exchange.getRequestReceiver()
                                        .receiveFullBytes(BareUndertow::echo))
                .build()
                .start();
        System.out.println("echo on http://127.0.0.1:" + args[0]);
    }

    private static void echo(HttpServerExchange exchange, byte[] body) {
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/json");
        exchange.getResponseSender().send(ByteBuffer.wrap(body));
    }
}

package dev.millrace.tools.load;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Scheme, host and port of an HTTP server, as a command line names it. */
public final class ServerUrl implements ITypeConverter<URI> {
    @Override
    public URI convert(String value) {
        try {
            URI server = new URI(value);
            if (server.getHost() != null && List.of("http", "https").contains(server.getScheme())) {
                return server;
            }
        } catch (URISyntaxException e) {
            // Said below, as for every other value.
        }
        throw new TypeConversionException(
                "'" + value + "' is not accepted; expected one such as http://127.0.0.1:8080");
    }
}

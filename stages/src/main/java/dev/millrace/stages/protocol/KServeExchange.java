package dev.millrace.stages.protocol;

import java.util.List;

/**
 * What the answer to a KServe v2 request depends on beside its tensors. Immutable.
 *
 * @param id the request's {@code id}; empty where it gave none
 * @param outputs outputs asked for, in order; empty for all the model has
 * @param binaryByDefault {@code parameters.binary_data_output}
 */
public record KServeExchange(String id, List<RequestedOutput> outputs, boolean binaryByDefault) {

    /**
     * One entry of {@code outputs}.
     *
     * @param binary its own {@code binary_data}, or where it has none the request's default
     */
    public record RequestedOutput(String name, boolean binary) {}
}

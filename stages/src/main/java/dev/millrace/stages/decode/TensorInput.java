package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.TensorRef;

/**
 * One entry of {@code inputs}, its fields in any order. Reused between inputs; owned by the decode
 * thread.
 *
 * <p>{@code data} that comes behind {@code shape} and {@code datatype} is converted as it is read;
 * else its place is remembered and it is read again when they are known.
 */
final class TensorInput {
    /** The input's bytes are in the JSON. */
    static final int NO_BINARY = -1;

    private static final String DATATYPES =
            "BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, BF16, FP32 or"
                    + " FP64";

    private final JsonBody body;
    private final TensorSpace space;
    private final TensorData data = new TensorData();
    private boolean nameGiven;
    private boolean datatypeGiven;
    private boolean shapeGiven;
    private boolean converted;
    private int dataFrom;
    private int dataTo;
    private int binaryBytes;
    private int spaceFrom;

    TensorInput(JsonBody body, TensorSpace space) {
        this.body = body;
        this.space = space;
    }

    /** {@code parameters.binary_data_size}, or {@link #NO_BINARY}. */
    int binaryBytes() {
        return binaryBytes;
    }

    /** Reads the object the reader stands on. */
    void read(JsonReader json, TensorRef tensor) {
        if (!json.isObject()) {
            throw json.unexpected("an object with name, shape, datatype and data");
        }
        begin();
        for (String field = json.nextField(); field != null; field = json.nextField()) {
            readField(field, json, tensor);
        }
        requireAll(json);
        long bytes = tensor.elements() * tensor.datatype.bytes();
        if (binaryBytes != NO_BINARY) {
            endBinary(json, tensor, bytes);
        } else if (dataFrom < 0) {
            throw missing(json, "data", "the tensor's elements");
        } else if (!converted) {
            String path = json.path() + ".data";
            JsonReader again = body.reopen(dataFrom, dataTo, path);
            again.advance();
            convert(again, tensor, path);
        }
    }

    private void begin() {
        nameGiven = false;
        datatypeGiven = false;
        shapeGiven = false;
        converted = false;
        dataFrom = -1;
        dataTo = -1;
        binaryBytes = NO_BINARY;
        spaceFrom = space.used();
    }

    private void readField(String field, JsonReader json, TensorRef tensor) {
        switch (field) {
            case "name" -> {
                tensor.name = json.string("the name of an input");
                nameGiven = true;
            }
            case "datatype" -> {
                tensor.datatype = datatype(json);
                datatypeGiven = true;
                converted = false;
            }
            case "shape" -> {
                TensorShape.read(json, tensor);
                shapeGiven = true;
                converted = false;
            }
            case "data" -> readData(json, tensor);
            case "parameters" -> readParameters(json);
            default -> json.skip();
        }
    }

    private static Datatype datatype(JsonReader json) {
        Datatype type = Datatype.of(json.string(DATATYPES));
        if (type == null) {
            throw json.unexpected(DATATYPES);
        }
        return type;
    }

    private void readData(JsonReader json, TensorRef tensor) {
        dataFrom = json.tokenOffset();
        converted = false;
        if (shapeGiven && datatypeGiven) {
            convert(json, tensor, "data");
        } else {
            json.skip();
        }
        dataTo = json.endOffset();
    }

    private void convert(JsonReader json, TensorRef tensor, String field) {
        long bytes = tensor.elements() * tensor.datatype.bytes();
        space.rewind(spaceFrom);
        tensor.inBody = false;
        tensor.offset = space.allocate(bytes, field);
        tensor.lengthBytes = (int) bytes;
        data.read(json, tensor, space.buffer());
        converted = true;
    }

    private void readParameters(JsonReader json) {
        binaryBytes = NO_BINARY;
        if (json.isNull()) {
            return;
        }
        if (!json.isObject()) {
            throw json.unexpected("an object");
        }
        for (String field = json.nextField(); field != null; field = json.nextField()) {
            switch (field) {
                case "binary_data_size" ->
                        binaryBytes =
                                (int)
                                        json.integer(
                                                0,
                                                Integer.MAX_VALUE,
                                                "a number of bytes of at least 0");
                case "shared_memory_region" ->
                        throw json.unexpected("nothing (shared memory is not supported)");
                default -> json.skip();
            }
        }
    }

    /** The reader stands on the end of the tensor, whose path is that of its beginning. */
    private void requireAll(JsonReader json) {
        if (!nameGiven) {
            throw missing(json, "name", "the name of an input");
        }
        if (!datatypeGiven) {
            throw missing(json, "datatype", DATATYPES);
        }
        if (!shapeGiven) {
            throw missing(json, "shape", "an array of sizes");
        }
    }

    private void endBinary(JsonReader json, TensorRef tensor, long bytes) {
        if (dataFrom >= 0) {
            String path = json.path();
            throw BadRequest.invalid(
                    path + ".data: expected none beside parameters.binary_data_size",
                    path + ".data");
        }
        if (binaryBytes != bytes) {
            String param = json.path() + ".parameters.binary_data_size";
            throw BadRequest.invalid(
                    param
                            + ": expected "
                            + bytes
                            + " for shape "
                            + TensorShape.said(tensor)
                            + " of "
                            + tensor.datatype
                            + ", got "
                            + binaryBytes,
                    param);
        }
        tensor.inBody = true;
        tensor.lengthBytes = binaryBytes;
    }

    private static BadRequest missing(JsonReader json, String field, String accepted) {
        String path = json.path();
        return BadRequest.invalid(
                path + "." + field + ": missing; expected " + accepted, path + "." + field);
    }
}

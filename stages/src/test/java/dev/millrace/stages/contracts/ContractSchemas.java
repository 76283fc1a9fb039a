package dev.millrace.stages.contracts;

import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The documents' schemas as JSON Schema 2020-12, with OpenAPI 3.0's {@code nullable} said in its
 * words, and with what the documents leave unsaid of chunks, base64 and binary outputs.
 */
final class ContractSchemas {
    private static final String CHOICE =
            "/CreateCompletionResponse/properties/choices/items/properties";

    private final ObjectNode openAi;
    private final ObjectNode kserve;

    ContractSchemas(Path folder) {
        openAi = schemas(new JsonMapper(), folder.resolve("openai-openapi.json"));
        kserve = schemas(new YAMLMapper(), folder.resolve("open_inference_rest.yaml"));
    }

    /** A schema that stands for itself: the document's, beside all that it refers to. */
    JsonNode of(Contract contract) {
        ObjectNode schemas = (contract.kserve() ? kserve : openAi).deepCopy();
        adapt(contract, schemas);
        var mapper = new JsonMapper();
        ObjectNode root = mapper.createObjectNode();
        root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        root.put("$ref", "#/$defs/" + contract.schema());
        ObjectNode used = root.putObject("$defs");
        collect(contract.schema(), schemas, used);
        return root;
    }

    /** Copies a schema and all that it refers to; the document has hundreds of others. */
    private static void collect(String name, ObjectNode schemas, ObjectNode used) {
        if (used.has(name)) {
            return;
        }
        JsonNode schema = schemas.get(name);
        used.set(name, schema);
        for (JsonNode ref : schema.findValues("$ref")) {
            collect(ref.asString().substring("#/$defs/".length()), schemas, used);
        }
    }

    private static ObjectNode schemas(ObjectMapper mapper, Path document) {
        JsonNode root = mapper.readTree(document.toFile());
        return (ObjectNode) schema(root.at("/components/schemas"));
    }

    private static void adapt(Contract contract, ObjectNode schemas) {
        switch (contract) {
            case COMPLETION_CHUNK -> completionChunk(schemas);
            case COMPLETION_ECHO -> {
                completionChunk(schemas);
                String arrays = CHOICE + "/logprobs/anyOf/0/properties/";
                orNull((ObjectNode) schemas.at(arrays + "token_logprobs"), "items");
                orNull((ObjectNode) schemas.at(arrays + "top_logprobs"), "items");
            }
            case EMBEDDINGS_BASE64 ->
                    properties(schemas, "Embedding").putObject("embedding").put("type", "string");
            case KSERVE_INFER_BINARY -> {
                var required = (ArrayNode) schemas.at("/response_output/required");
                required.removeIf(name -> name.asString().equals("data"));
            }
            case MODEL, MODEL_LIST ->
                    // The document forgets to say so, and then takes anything.
                    ((ObjectNode) schemas.get("Model")).put("type", "object");
            default -> {}
        }
    }

    private static void completionChunk(ObjectNode schemas) {
        orNull(properties(schemas, "CreateCompletionResponse"), "usage");
        orNull((ObjectNode) schemas.at(CHOICE), "finish_reason");
    }

    private static ObjectNode properties(ObjectNode schemas, String schema) {
        return (ObjectNode) schemas.at("/" + schema + "/properties");
    }

    private static void orNull(ObjectNode properties, String name) {
        properties.set(name, orNull(properties, properties.get(name)));
    }

    private static JsonNode orNull(ObjectNode maker, JsonNode schema) {
        ObjectNode either = maker.objectNode();
        ArrayNode anyOf = either.putArray("anyOf");
        anyOf.add(schema);
        anyOf.addObject().put("type", "null");
        return either;
    }

    /** A part of an OpenAPI document in the words of JSON Schema. */
    private static JsonNode schema(JsonNode node) {
        if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, schema(array.get(i)));
            }
        } else if (node instanceof ObjectNode object) {
            for (String name : List.copyOf(object.propertyNames())) {
                if (name.startsWith("x-") || name.equals("discriminator")) {
                    object.remove(name);
                } else {
                    object.set(name, schema(object.get(name)));
                }
            }
            if (object.get("$ref") instanceof StringNode ref) {
                object.put("$ref", ref.asString().replace("#/components/schemas/", "#/$defs/"));
            }
            if (object.remove("nullable") instanceof BooleanNode mark && mark.booleanValue()) {
                return orNull(object, object);
            }
        }
        return node;
    }
}

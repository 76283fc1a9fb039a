package dev.millrace.stages.contracts;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Holds answers against the official documents. Thread-safe.
 *
 * <p>The documents are looked for in {@code contracts} of the folder that the system property or
 * the environment variable {@code MILLRACE_SHARED} names, else of a folder {@code shared} beside
 * the checkout. Where they are not, it says so once and accepts whatever is JSON.
 */
public final class ContractValidator {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final @Nullable ContractSchemas SCHEMAS = load();
    private static final Map<Contract, Schema> COMPILED = new EnumMap<>(Contract.class);

    private ContractValidator() {}

    /** Whether the documents are there, and so whether anything is checked. */
    public static boolean available() {
        return SCHEMAS != null;
    }

    /**
     * Reads {@code json}.
     *
     * @throws AssertionError naming each place that breaks the contract
     */
    public static JsonNode check(Contract contract, String json) {
        JsonNode node = MAPPER.readTree(json);
        ContractSchemas schemas = SCHEMAS;
        if (schemas != null) {
            List<Error> errors = compiled(schemas, contract).validate(node);
            if (!errors.isEmpty()) {
                throw new AssertionError(contract + " is broken: " + errors + " in " + json);
            }
        }
        return node;
    }

    private static synchronized Schema compiled(ContractSchemas schemas, Contract contract) {
        return COMPILED.computeIfAbsent(
                contract,
                missing ->
                        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                                .getSchema(schemas.of(missing)));
    }

    private static @Nullable ContractSchemas load() {
        Path folder = folder();
        if (folder == null) {
            System.out.println(
                    "ContractValidator: no folder shared/contracts beside the checkout and no"
                            + " MILLRACE_SHARED: answers are not held against the official"
                            + " documents");
            return null;
        }
        return new ContractSchemas(folder);
    }

    private static @Nullable Path folder() {
        String named = System.getProperty("MILLRACE_SHARED", System.getenv("MILLRACE_SHARED"));
        if (named != null) {
            Path contracts = Path.of(named, "contracts");
            return Files.isDirectory(contracts) ? contracts : null;
        }
        Path above = Path.of("").toAbsolutePath();
        while (above != null) {
            Path contracts = above.resolve("shared").resolve("contracts");
            if (Files.isDirectory(contracts)) {
                return contracts;
            }
            above = above.getParent();
        }
        return null;
    }
}

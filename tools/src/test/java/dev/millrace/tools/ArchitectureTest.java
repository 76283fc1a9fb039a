package dev.millrace.tools;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import dev.millrace.tools.fixtures.ingress.http.DoorThatDecodes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The borders between modules; each rule says why it is there. */
class ArchitectureTest {
    private static final String ROOT = "dev.millrace";
    private static final List<String> MODULES =
            List.of("config", "ringbuffer", "ingress", "stages", "gpustage", "journal", "tools");

    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages(ROOT);

    @Test
    void shouldSeeTheClassesItJudges() {
        // A rule over no classes passes, and an importer too old for the class files only warns.
        for (String module : MODULES) {
            assertThat(
                            CLASSES.stream()
                                    .filter(c ->
                                            c.getPackageName().startsWith(ROOT + "." + module)))
                    .as("classes of " + module)
                    .isNotEmpty();
        }
        assertThat(CLASSES.get("dev.millrace.ringbuffer.Pipeline").getMethods()).isNotEmpty();
        assertThat(CLASSES.get("dev.millrace.config.ServerConfig").getFields()).isNotEmpty();
    }

    @TestFactory
    Stream<DynamicTest> shouldKeepItsBorders() {
        return rules(ROOT).entrySet().stream()
                .map(rule -> dynamicTest(rule.getKey(), () -> rule.getValue().check(CLASSES)));
    }

    @TestFactory
    Stream<DynamicTest> shouldHaveNoCyclesBetweenPackagesOfAModule() {
        return MODULES.stream()
                .map(module ->
                        dynamicTest(
                                module,
                                () ->
                                        slices().matching(ROOT + "." + module + ".(**)")
                                                .should()
                                                .beFreeOfCycles()
                                                .allowEmptyShould(true)
                                                .because("a reader starts somewhere")
                                                .check(CLASSES)));
    }

    @Test
    void shouldReportAClassThatCrossesABorder() {
        String fixtures = DoorThatDecodes.class.getPackageName().replace(".ingress.http", "");
        JavaClasses planted = new ClassFileImporter().importPackages(fixtures);
        Map<String, ArchRule> rules = rules(fixtures);
        assertThat(failures(rules, "siblings know nothing of each other", planted))
                .anyMatch(line -> line.contains("DoorThatDecodes"));
        assertThat(failures(rules, "org.bytedeco.. only in gpu-stage", planted))
                .anyMatch(line -> line.contains("DoorThatDecodes"));
        assertThat(failures(rules, "io.undertow.. only in ingress.http", planted)).isEmpty();
    }

    private static List<String> failures(
            Map<String, ArchRule> rules, String name, JavaClasses classes) {
        return requireNonNull(rules.get(name), name)
                .evaluate(classes)
                .getFailureReport()
                .getDetails();
    }

    /** Every rule, for the classes below {@code root}. */
    private static Map<String, ArchRule> rules(String root) {
        var rules = new LinkedHashMap<String, ArchRule>();
        rules.put("siblings know nothing of each other", layers(root));
        rules.put(
                "io.undertow.. only in ingress.http",
                only(root, "ingress.http", "io.undertow..", "org.xnio..")
                        .because("another HTTP server must touch one package"));
        rules.put(
                "io.aeron.. only in ingress.aeron",
                only(root, "ingress.aeron", "io.aeron..")
                        .because("the door that is not built must cost nothing"));
        rules.put(
                "org.bytedeco.. only in gpu-stage",
                only(root, "gpustage", "org.bytedeco..")
                        .because("native tensors live and die on lane threads"));
        rules.put(
                "Chronicle's queue only in journal",
                only(root, "journal", "net.openhft.chronicle..")
                        .because("the journal's format is one module's business"));
        rules.put(
                "affinity only in ringbuffer",
                only(root, "ringbuffer", "net.openhft.affinity..")
                        .because("the thread plan alone hands out CPUs"));
        rules.put(
                "picocli only in tools",
                only(root, "tools", "picocli..")
                        .because("the server is built from a record, not from a command line"));
        rules.put(
                "rings only above config",
                noClasses()
                        .that()
                        .resideInAPackage(root + ".config..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage("com.lmax.disruptor..", "org.agrona..")
                        .allowEmptyShould(true)
                        .because("configuration knows nothing of what it configures"));
        return rules;
    }

    private static ArchRule only(String root, String home, String... libraries) {
        return noClasses()
                .that()
                .resideInAPackage(root + "..")
                .and()
                .resideOutsideOfPackage(root + "." + home + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(libraries)
                .allowEmptyShould(true);
    }

    private static ArchRule layers(String root) {
        String[] siblings = {"ingress", "stages", "gpustage", "journal"};
        var layers = layeredArchitecture().consideringOnlyDependenciesInLayers();
        for (String module : MODULES) {
            layers = layers.optionalLayer(module).definedBy(root + "." + module + "..");
        }
        layers = layers.whereLayer("tools").mayNotBeAccessedByAnyLayer();
        for (String sibling : siblings) {
            layers = layers.whereLayer(sibling).mayOnlyBeAccessedByLayers("tools");
        }
        return layers.whereLayer("ringbuffer")
                .mayOnlyBeAccessedByLayers("ingress", "stages", "gpustage", "journal", "tools")
                .because("siblings meet in the rings: a call around them breaks single ownership");
    }
}

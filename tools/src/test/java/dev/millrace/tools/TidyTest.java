package dev.millrace.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What no compiler checks: each test lists the lines to look at. */
class TidyTest {
    private static final int MAX_COLUMNS = 100;
    private static final int MAX_LINES = 500;
    private static final List<String> MODULES =
            List.of("config", "ringbuffer", "ingress", "stages", "gpu-stage", "journal", "tools");
    private static final Set<String> SOURCE_FOLDERS = Set.of("main", "test", "jmh", "jcstress");

    private static final String QUOTES = "\"".repeat(3);

    /** Left to itself, the pattern would find this file. */
    private static final Pattern LEFTOVER =
            Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b");

    private static final Pattern LITERAL = Pattern.compile("\"(\\\\.|[^\"\\\\])*\"");
    private static final Pattern PRINT = Pattern.compile("System\\s*\\.\\s*(out|err)\\b");
    private static final Pattern SLEEP = Pattern.compile("\\bThread\\s*\\.\\s*" + "sleep\\b");

    /** Tests run in their module's folder. */
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    @Test
    void shouldSeeTheSources() {
        assertThat(javaFiles(""))
                .contains(
                        ROOT.resolve(
                                "ringbuffer/src/main/java/dev/millrace/ringbuffer/Pipeline.java"))
                .hasSizeGreaterThan(100);
    }

    @Test
    void shouldHaveNoTabsInSources() {
        assertThat(lines(javaFiles(""), line -> line.indexOf('\t') >= 0)).isEmpty();
    }

    @Test
    void shouldKeepJavaWithinItsColumns() {
        var text = new TextBlocks();
        assertThat(lines(javaFiles("src/main"), line -> !text.inside(line) && tooLong(line)))
                .isEmpty();
        // Test data is easier to read whole than broken.
        assertThat(
                        lines(
                                javaFiles("src/test"),
                                line ->
                                        !text.inside(line)
                                                && tooLong(LITERAL.matcher(line).replaceAll(""))))
                .isEmpty();
    }

    private static boolean tooLong(String line) {
        return line.length() > MAX_COLUMNS && !line.startsWith("import ");
    }

    /** Tables in text blocks read best unbroken. */
    private static final class TextBlocks {
        private boolean open;

        boolean inside(String line) {
            boolean before = open;
            for (int at = line.indexOf(QUOTES); at >= 0; at = line.indexOf(QUOTES, at + 3)) {
                open = !open;
            }
            return before || open;
        }
    }

    @Test
    void shouldHaveNoLeftovers() {
        assertThat(lines(javaFiles(""), line -> LEFTOVER.matcher(line).find())).isEmpty();
    }

    @Test
    void shouldPrintOnlyInTools() {
        List<Path> others =
                javaFiles("src/main").stream()
                        .filter(file -> !file.startsWith(ROOT.resolve("tools")))
                        .toList();
        assertThat(lines(others, line -> PRINT.matcher(line).find())).isEmpty();
    }

    @Test
    void shouldNeverSleepInTests() {
        List<Path> tests =
                javaFiles("").stream()
                        .filter(file -> !file.toString().contains("/src/main/"))
                        .toList();
        assertThat(lines(tests, line -> SLEEP.matcher(line).find())).isEmpty();
    }

    @Test
    void shouldKeepFilesShort() {
        assertThat(javaFiles("").stream().filter(file -> read(file).size() > MAX_LINES)).isEmpty();
    }

    @Test
    void shouldIntroduceEveryPackage() {
        Set<Path> packages =
                Set.copyOf(javaFiles("src/main").stream().map(Path::getParent).toList());
        assertThat(packages)
                .allSatisfy(folder -> {
                    Path info = folder.resolve("package-info.java");
                    assertThat(info).exists();
                    assertThat(Files.readString(info)).startsWith("/**").contains("@NullMarked");
                });
    }

    @Test
    void shouldNotHideConceptsInDrawers() {
        Pattern drawer = Pattern.compile(".*/(util|utils|impl|manager|common|helper|core|misc)/.*");
        assertThat(javaFiles("").stream().filter(file -> drawer.matcher(file.toString()).matches()))
                .isEmpty();
    }

    @Test
    void shouldHaveOnlyWhatAModuleHas() {
        for (String module : MODULES) {
            Path folder = ROOT.resolve(module);
            // The configuration module's folder is where deployment files live, too.
            if (!module.equals("config")) {
                assertThat(names(folder)).as(module).isSubsetOf("pom.xml", "src", "target");
            }
            assertThat(SOURCE_FOLDERS).as(module).containsAll(names(folder.resolve("src")));
        }
    }

    private static List<String> names(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Java files below every module's {@code part}. */
    private static List<Path> javaFiles(String part) {
        var files = new ArrayList<Path>();
        for (String module : MODULES) {
            Path folder = ROOT.resolve(module).resolve("src");
            try (Stream<Path> entries = Files.walk(folder)) {
                entries.filter(file -> file.toString().endsWith(".java"))
                        .filter(file -> file.startsWith(ROOT.resolve(module).resolve(part)))
                        .forEach(files::add);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return files;
    }

    /** {@code file:line: text} of every line that matches. */
    private static List<String> lines(List<Path> files, Predicate<String> match) {
        var found = new ArrayList<String>();
        for (Path file : files) {
            List<String> lines = read(file);
            for (int i = 0; i < lines.size(); i++) {
                if (match.test(lines.get(i))) {
                    found.add(ROOT.relativize(file) + ":" + (i + 1) + ": " + lines.get(i).strip());
                }
            }
        }
        return found;
    }

    private static List<String> read(Path file) {
        try {
            return Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package dev.millrace.stages.tokenizer;

import dev.millrace.stages.tokenizer.compiled.TokenEncoder;
import dev.millrace.stages.tokenizer.compiled.TokenizerCompiler;
import dev.millrace.stages.tokenizer.compiled.Unsupported;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Reads the text side of a Hugging Face folder. Control path: runs when models load. */
public final class TextModelLoader {
    private static final String TOKENIZER = "tokenizer.json";

    private TextModelLoader() {}

    /**
     * The folder's tokenizer, token bytes and chat template; null where it has no tokenizer.json.
     *
     * @throws TextModelException where a file is there and cannot be used
     */
    public static @Nullable TextModel load(Path folder) {
        Path file = folder.resolve(TOKENIZER);
        if (!Files.exists(file)) {
            return null;
        }
        String json = read(file);
        JsonNode root = parse(file, json);
        TokenizerVocabulary vocabulary = vocabulary(file, root);
        ChatTemplate template = ChatTemplateFiles.load(folder);
        var tokenBytes = new TokenizerTokenBytes(vocabulary);
        try {
            TokenEncoder encoder = TokenizerCompiler.compile(root);
            Tokenizer ours = new CompiledTokenizer(encoder, vocabulary.longestTokenChars());
            return new TextModel(ours, null, tokenBytes, template);
        } catch (Unsupported e) {
            Tokenizer theirs = theirs(file, json, vocabulary);
            return new TextModel(theirs, e.getMessage(), tokenBytes, template);
        }
    }

    private static Tokenizer theirs(Path file, String json, TokenizerVocabulary vocabulary) {
        try {
            return new HuggingFaceTokenizer(json, vocabulary.longestTokenChars());
        } catch (RuntimeException e) {
            throw new TextModelException(file, "not a usable tokenizer: " + e.getMessage(), e);
        } catch (LinkageError e) {
            throw new TextModelException(file, "the tokenizers' natives do not load: " + e, e);
        }
    }

    private static TokenizerVocabulary vocabulary(Path file, JsonNode root) {
        try {
            return TokenizerVocabulary.read(root);
        } catch (IllegalArgumentException e) {
            throw new TextModelException(file, String.valueOf(e.getMessage()), e);
        }
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new TextModelException(file, "not valid UTF-8", e);
        } catch (IOException e) {
            throw new TextModelException(file, "cannot be read: " + e, e);
        } catch (OutOfMemoryError e) {
            throw new TextModelException(file, "too large to read", e);
        }
    }

    static JsonNode parse(Path file, String json) {
        try {
            JsonNode root = new ObjectMapper().readTree(json);
            if (!root.isObject()) {
                throw new TextModelException(file, "not a JSON object", null);
            }
            return root;
        } catch (JacksonException e) {
            throw new TextModelException(file, "not valid JSON: " + e.getOriginalMessage(), e);
        }
    }
}

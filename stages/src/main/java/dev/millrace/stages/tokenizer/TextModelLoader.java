package dev.millrace.stages.tokenizer;

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
        TokenizerVocabulary vocabulary = vocabulary(file, json);
        ChatTemplate template = ChatTemplateFiles.load(folder);
        Tokenizer tokenizer;
        try {
            tokenizer = new HuggingFaceTokenizer(json, vocabulary.longestTokenChars());
        } catch (RuntimeException e) {
            throw new TextModelException(file, "not a usable tokenizer: " + e.getMessage(), e);
        } catch (LinkageError e) {
            throw new TextModelException(file, "the tokenizers' natives do not load: " + e, e);
        }
        return new TextModel(tokenizer, new TokenizerTokenBytes(vocabulary), template);
    }

    private static TokenizerVocabulary vocabulary(Path file, String json) {
        try {
            return TokenizerVocabulary.read(parse(file, json));
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

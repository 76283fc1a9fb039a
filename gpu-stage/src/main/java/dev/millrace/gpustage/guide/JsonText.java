package dev.millrace.gpustage.guide;

import tools.jackson.databind.JsonNode;

/**
 * JSON's parts (RFC 8259) as edges over their bytes.
 *
 * <p>White space is bounded, so that no model can go on with it forever: where a container goes on
 * or ends, nothing, one space, or a line break and up to {@link GuideLimits#INDENT} spaces; behind
 * a colon, at most one space; nothing elsewhere. Numbers have at most {@link GuideLimits#DIGITS}
 * digits before and behind the point, and two in the exponent.
 */
final class JsonText {
    private static final int NONE = -1;

    final Nfa nfa;
    private int anyObject = NONE;
    private int anyArray = NONE;

    JsonText(Nfa nfa) {
        this.nfa = nfa;
    }

    void space(int from, int to) {
        nfa.epsilon(from, to);
        nfa.bytes(from, ' ', ' ', to);
        int indent = nfa.state();
        nfa.bytes(from, '\n', '\n', indent);
        nfa.epsilon(indent, to);
        for (int i = 0; i < GuideLimits.INDENT; i++) {
            int next = nfa.state();
            nfa.bytes(indent, ' ', ' ', next);
            nfa.epsilon(next, to);
            indent = next;
        }
    }

    void colon(int from, int to) {
        int behind = nfa.state();
        nfa.bytes(from, ':', ':', behind);
        nfa.epsilon(behind, to);
        nfa.bytes(behind, ' ', ' ', to);
    }

    /** A comma and the space behind it. */
    void comma(int from, int to) {
        int behind = nfa.state();
        nfa.bytes(from, ',', ',', behind);
        space(behind, to);
    }

    void bool(int from, int to) {
        nfa.literal(from, "true", to);
        nfa.literal(from, "false", to);
    }

    void nothing(int from, int to) {
        nfa.literal(from, "null", to);
    }

    void integer(int from, int to) {
        int positive = nfa.state();
        nfa.epsilon(from, positive);
        nfa.bytes(from, '-', '-', positive);
        nfa.bytes(positive, '0', '0', to);
        int more = nfa.state();
        nfa.bytes(positive, '1', '9', more);
        digits(more, 0, GuideLimits.DIGITS - 1, to);
    }

    void number(int from, int to) {
        int whole = nfa.state();
        integer(from, whole);
        int behindPoint = nfa.state();
        int fraction = nfa.state();
        nfa.epsilon(whole, fraction);
        nfa.bytes(whole, '.', '.', behindPoint);
        digits(behindPoint, 1, GuideLimits.DIGITS, fraction);
        nfa.epsilon(fraction, to);
        int exponent = nfa.state();
        int power = nfa.state();
        nfa.bytes(fraction, 'e', 'e', exponent);
        nfa.bytes(fraction, 'E', 'E', exponent);
        nfa.epsilon(exponent, power);
        nfa.bytes(exponent, '+', '+', power);
        nfa.bytes(exponent, '-', '-', power);
        digits(power, 1, 2, to);
    }

    void digits(int from, int min, int max, int to) {
        int at = from;
        for (int i = 0; i < max; i++) {
            if (i >= min) {
                nfa.epsilon(at, to);
            }
            int next = nfa.state();
            nfa.bytes(at, '0', '9', next);
            at = next;
        }
        nfa.epsilon(at, to);
    }

    /** Any value. */
    void value(int from, int to) {
        JsonStrings.any(nfa, from, to);
        number(from, to);
        bool(from, to);
        nothing(from, to);
        object(from, to);
        array(from, to);
    }

    /** Any object. */
    void object(int from, int to) {
        if (anyObject == NONE) {
            anyObject = nfa.state();
            int member = nfa.state();
            int behind = nfa.state();
            int key = nfa.state();
            int inside = nfa.state();
            space(anyObject, member);
            nfa.close(member, '}');
            JsonStrings.any(nfa, member, key);
            colon(key, inside);
            value(inside, behind);
            int end = nfa.state();
            space(behind, end);
            nfa.close(end, '}');
            int again = nfa.state();
            comma(behind, again);
            JsonStrings.any(nfa, again, key);
        }
        nfa.call(from, '{', anyObject, to);
    }

    /** Any array. */
    void array(int from, int to) {
        if (anyArray == NONE) {
            anyArray = nfa.state();
            int first = nfa.state();
            int inside = nfa.state();
            int behind = nfa.state();
            space(anyArray, first);
            nfa.close(first, ']');
            nfa.epsilon(first, inside);
            value(inside, behind);
            int end = nfa.state();
            space(behind, end);
            nfa.close(end, ']');
            comma(behind, inside);
        }
        nfa.call(from, '[', anyArray, to);
    }

    /** Exactly this value; white space is as free as elsewhere. */
    void literal(int from, JsonNode value, int to) {
        if (value.isString()) {
            JsonStrings.literal(nfa, from, value.asString(), to);
        } else if (value.isObject()) {
            int start = nfa.state();
            nfa.call(from, '{', start, to);
            int at = nfa.state();
            space(start, at);
            boolean first = true;
            for (var entry : value.properties()) {
                int next = first ? at : nfa.state();
                if (!first) {
                    comma(at, next);
                }
                first = false;
                int key = nfa.state();
                int inside = nfa.state();
                at = nfa.state();
                JsonStrings.literal(nfa, next, entry.getKey(), key);
                colon(key, inside);
                literal(inside, entry.getValue(), at);
            }
            end(at, first, '}');
        } else if (value.isArray()) {
            int start = nfa.state();
            nfa.call(from, '[', start, to);
            int at = nfa.state();
            space(start, at);
            boolean first = true;
            for (JsonNode item : value) {
                int next = first ? at : nfa.state();
                if (!first) {
                    comma(at, next);
                }
                first = false;
                at = nfa.state();
                literal(next, item, at);
            }
            end(at, first, ']');
        } else {
            nfa.literal(from, value.toString(), to);
        }
    }

    private void end(int from, boolean empty, char closing) {
        int end = from;
        if (!empty) {
            end = nfa.state();
            space(from, end);
        }
        nfa.close(end, closing);
    }
}

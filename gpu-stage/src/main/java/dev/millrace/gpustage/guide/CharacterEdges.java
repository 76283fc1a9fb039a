package dev.millrace.gpustage.guide;

/** How characters of a pattern are spelled in the text. */
interface CharacterEdges {
    /** As they stand. */
    CharacterEdges PLAIN = Utf8Edges::add;

    /** Inside a JSON string. */
    CharacterEdges JSON_STRING = JsonStrings::character;

    /** Reads one of these characters. */
    void add(Nfa nfa, int from, CodePoints set, int to);
}

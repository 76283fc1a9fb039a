package dev.millrace.journal;

/** 128 bits of a SHA-256, by which something is known. */
record Digest128(long high, long low) {}

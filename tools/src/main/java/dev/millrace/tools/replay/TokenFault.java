package dev.millrace.tools.replay;

/** A planted bug of sampling: what a replay must find. */
@FunctionalInterface
interface TokenFault {
    /** None. */
    TokenFault NONE = (_, _, _, token) -> token;

    /** The token that is sampled instead. */
    int instead(long requestId, int run, int index, int token);
}

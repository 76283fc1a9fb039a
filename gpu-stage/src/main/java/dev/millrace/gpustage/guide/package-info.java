/**
 * Text in a form that a request asked for: which tokens may come next.
 *
 * <p>Read in this order: a source (JSON Schema, regular expression, list of choices) is written as
 * a net of byte edges ({@link dev.millrace.gpustage.guide.Nfa}), made deterministic ({@link
 * dev.millrace.gpustage.guide.Dfa}), and laid over the vocabulary ({@link
 * dev.millrace.gpustage.guide.TokenMasks}). All that happens on the compiler's own thread ({@link
 * dev.millrace.gpustage.guide.GuideCompiler}). A lane looks up one mask a token ({@link
 * dev.millrace.gpustage.guide.GuideState}).
 *
 * <p>Objects and arrays nest, so the automaton has a stack: the nested words of Alur and Madhusudan
 * ("Visibly pushdown languages", 2004), in which only the bytes that open and close a container
 * touch the stack. Which tokens a state allows whatever the stack holds is known in advance; the
 * few that open or close a container are walked when asked (Dong et al., "XGrammar", 2024).
 *
 * <p>Plain Java without LibTorch.
 */
@NullMarked
package dev.millrace.gpustage.guide;

import org.jspecify.annotations.NullMarked;

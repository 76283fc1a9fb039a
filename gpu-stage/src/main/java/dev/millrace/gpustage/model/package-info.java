/**
 * The models: their shapes from {@code config.json}, their TorchScript sources, and files made
 * elsewhere.
 *
 * <p>A model is loaded by the starting thread and afterwards runs on its lane's thread only.
 */
@NullMarked
package dev.millrace.gpustage.model;

import org.jspecify.annotations.NullMarked;

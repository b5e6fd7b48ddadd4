package dev.heed.app.verify;

import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.DType;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Inputs and attributes of a case by the names that the operator's definition gives them. */
final class OnnxInputs {
    private final OnnxOperator operator;
    private final Checkpoint file;
    private final Map<String, String> keys;
    private final JsonNode attributes;
    private final JsonNode defaults;
    private final int opset;

    OnnxInputs(OnnxOperator operator, Checkpoint file, JsonNode description) {
        this.operator = operator;
        this.file = file;
        this.keys = keys(operator, "inputs", description, operator.inputs());
        this.attributes = description.path("attributes");
        this.defaults = description.path("defaults");
        this.opset = description.path("opset").asInt(Integer.MAX_VALUE);
        for (String name : attributes.propertyNames()) {
            if (!mayHave(name)) {
                throw new UnsupportedOperationException(operator.who() + "there is no attribute '" + name + "', only "
                        + String.join(", ", operator.attributes()));
            }
        }
    }

    /** The tensors of a list of inputs or outputs: the definition's name at each place to the file's; null leaves one out. */
    static Map<String, String> keys(OnnxOperator operator, String list, JsonNode description, List<String> names) {
        JsonNode told = description.path(list);
        if (told.size() > names.size()) {
            throw new UnsupportedOperationException(operator.who() + "at most " + names.size() + " " + list
                    + " are known (" + String.join(", ", names) + "), got " + told.size());
        }
        Map<String, String> keys = new LinkedHashMap<>();
        for (int place = 0; place < told.size(); place++) {
            JsonNode key = told.get(place).path("key");
            if (key.isString()) {
                keys.put(names.get(place), key.stringValue());
            } else if (!told.get(place).isNull()) {
                throw new IllegalArgumentException(operator.who() + "each of " + list
                        + " must be null or have the key of a tensor, got " + told.get(place));
            }
        }
        return keys;
    }

    /** A rule of the operator's definition. */
    void require(boolean kept, String rule, Object got) {
        if (!kept) {
            throw new IllegalArgumentException(operator.who() + rule + ", got " + got);
        }
    }

    int opset() {
        return opset;
    }

    // ---- tensors ----

    boolean has(String input) {
        return keys.containsKey(input);
    }

    Tensor tensor(String input) {
        return file.tensor(key(input));
    }

    boolean isBoolean(String input) {
        return file.info(key(input)).dtype() == DType.BOOL;
    }

    boolean[] booleans(String input) {
        return file.booleans(key(input));
    }

    /** Numbers of any type. */
    float[] floats(String input) {
        DType type = file.info(key(input)).dtype();
        if (type.isFloat()) {
            return tensor(input).toArray();
        }
        long[] longs = file.longs(key(input));
        float[] floats = new float[longs.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = longs[i];
        }
        return floats;
    }

    int[] shape(String input) {
        return Comparison.shape(file, key(input));
    }

    /** Integers, each from {@code from} to {@code to}. */
    int[] integers(String input, int from, int to) {
        long[] values = file.longs(key(input));
        for (long value : values) {
            require(value >= from && value <= to, input + " must hold numbers from " + from + " to " + to, value);
        }
        return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
    }

    private String key(String input) {
        String key = keys.get(input);
        if (key == null) {
            throw new IllegalArgumentException(operator.who() + "needs an input " + input);
        }
        return key;
    }

    // ---- attributes ----

    /** Whether the operator knows such an attribute. */
    boolean mayHave(String attribute) {
        return operator.attributes().contains(attribute);
    }

    boolean hasAttribute(String name) {
        return !attribute(name).isMissingNode();
    }

    private JsonNode attribute(String name) {
        return attributes.has(name) ? attributes.path(name) : defaults.path(name);
    }

    double number(String name, double otherwise) {
        JsonNode told = attribute(name);
        require(told.isMissingNode() || told.isNumber(), name + " must be a number", told);
        return told.isMissingNode() ? otherwise : told.asDouble();
    }

    String word(String name, String otherwise) {
        JsonNode told = attribute(name);
        require(told.isMissingNode() || told.isString(), name + " must be a string", told);
        return told.isMissingNode() ? otherwise : told.stringValue();
    }

    /** Beyond an int the nearest one: no size of ours is larger. */
    int integer(String name, int otherwise) {
        JsonNode told = attribute(name);
        require(
                told.isMissingNode() || told.isIntegralNumber() && told.canConvertToLong(),
                name + " must be an integer",
                told);
        return told.isMissingNode() ? otherwise : Math.clamp(told.longValue(), Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    /** The attribute axis, counted from 0. */
    int axis(Tensor x, int otherwise) {
        int axis = integer("axis", otherwise);
        require(-x.rank() <= axis && axis < x.rank(), "axis must be one of " + x.describe(), axis);
        return axis < 0 ? axis + x.rank() : axis;
    }

    OnnxGraph graph(String name) {
        return new OnnxGraph(name, attribute(name).path("graph"));
    }
}

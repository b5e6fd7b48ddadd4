package dev.heed.model.arch;

import dev.heed.grad.Value;
import dev.heed.nn.Memory;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import java.util.Optional;

/**
 * A model without its text: ids in, hidden states and logits out. The same methods serve inference, inspection (a listener
 * on the pass) and training (a tape on the pass).
 *
 * <pre>{@code
 * if (network instanceof Network.Decoder decoder) {
 *     Value hidden = decoder.hidden(Pass.of(ids.length), ids);
 *     Value logits = decoder.logits(Pass.of(ids.length), hidden);
 * }
 * }</pre>
 */
public sealed interface Network {
    /** What it is and how large. */
    Sizes sizes();

    /** The most tokens that a text may have: as many as positions were made for, or any number where they are computed. */
    default int longest() {
        return sizes().context();
    }

    /**
     * Sizes that every architecture has.
     *
     * @param modelType {@code model_type} of config.json
     * @param layers of the encoder or of the only stack
     * @param decoderLayers of the decoder beside an encoder, else 0
     * @param heads query heads per layer of the encoder or of the only stack
     * @param decoderHeads query heads per layer of the decoder beside an encoder, else 0
     * @param keyHeads key and value heads per layer
     * @param width E
     * @param headWidth D
     * @param vocabulary ids
     * @param context the tokens that it was made for, or {@link Integer#MAX_VALUE} where the file does not say
     */
    record Sizes(
            String modelType,
            int layers,
            int decoderLayers,
            int heads,
            int decoderHeads,
            int keyHeads,
            int width,
            int headWidth,
            int vocabulary,
            int context) {}

    /** Predicts the next token from those before. */
    non-sealed interface Decoder extends Network {
        /**
         * @param ids the tokens of all sequences of the pass, one after another
         * @return [ids, E] after the final norm
         */
        Value hidden(Pass pass, int[] ids);

        /** True if the checkpoint has a head that predicts words; else {@link #logits} and {@link #loss} are refused. */
        boolean predicts();

        /** [rows, E] to [rows, vocabulary]. */
        Value logits(Pass pass, Value hidden);

        /** Class scores of each text [sequences, classes], where the checkpoint has a head that classifies. */
        Optional<Value> classes(Pass pass, int[] ids, Value hidden);

        /** Class scores of each token [rows, classes], where the checkpoint has such a head. */
        Optional<Value> tokenClasses(Pass pass, Value hidden);

        /** The mean loss of labels given hidden states; a negative label leaves its row out. */
        Value loss(Pass pass, Value hidden, int[] labels);
    }

    /** Reads a text from both sides. */
    non-sealed interface Encoder extends Network {
        /**
         * @param ids the tokens of all sequences of the pass, one after another
         * @param typeIds the segment of each
         * @return [ids, E]
         */
        Value hidden(Pass pass, int[] ids, int[] typeIds);

        /** [rows, E] to [rows, vocabulary], where the checkpoint has a head that predicts words. */
        Optional<Value> logits(Pass pass, Value hidden);

        /** The mean loss of labels, a negative one leaving its row out, where the checkpoint has a head that predicts words. */
        Optional<Value> loss(Pass pass, Value hidden, int[] labels);

        /** The first rows' class scores [sequences, classes], where the checkpoint has a head that classifies. */
        Optional<Value> classes(Pass pass, Value hidden);

        /** Class scores of each token [rows, classes], where the checkpoint has such a head. */
        Optional<Value> tokenClasses(Pass pass, Value hidden);
    }

    /** Reads one text, writes another. */
    non-sealed interface EncoderDecoder extends Network {
        /** Hidden states of the text that is read, as memory for the decoder. */
        Memory encode(Pass pass, int[] ids);

        /** [ids, E] of the text that is written. */
        Value decode(Pass pass, int[] ids, Memory memory);

        /** [rows, E] to [rows, vocabulary]. */
        Value logits(Pass pass, Value hidden);

        /** The mean loss of labels given the decoder's hidden states; a negative label leaves its row out. */
        Value loss(Pass pass, Value hidden, int[] labels);

        /** Class scores [rows, classes] of the decoder's rows of end tokens, where the checkpoint has a head that classifies. */
        Optional<Value> classes(Pass pass, Value ends);

        /** Scores of each of the decoder's rows [rows, 2], where the checkpoint has a head that finds answers. */
        default Optional<Value> tokenClasses(Pass pass, Value hidden) {
            return Optional.empty();
        }

        /** The id that begins every text that is written. */
        int firstId();
    }

    /** Looks at a picture that is cut into patches; each is a token, behind one that stands for the whole. */
    non-sealed interface Viewer extends Network {
        /** How pictures must be cut. */
        Cut cut();

        /**
         * @param pass a picture is {@code cut().tokens()} long
         * @param patches [ΣP, channels·height·width] of all pictures, row by row of each; within a patch channel by channel
         * @return [Σ(P + 1), E] after the final norm
         */
        Value hidden(Pass pass, Tensor patches);

        /** The first rows' class scores [pictures, classes], where the checkpoint has a head that classifies. */
        Optional<Value> classes(Pass pass, Value hidden);
    }

    /**
     * How a picture becomes patches, in pixels.
     *
     * @param height of the picture
     * @param width of the picture
     * @param patchHeight of a patch
     * @param patchWidth of a patch
     * @param channels 3 for colours, 1 for grey
     */
    record Cut(int height, int width, int patchHeight, int patchWidth, int channels) {
        /** Patches below each other. */
        public int rows() {
            return height / patchHeight;
        }

        /** Patches beside each other. */
        public int columns() {
            return width / patchWidth;
        }

        /** Patches, and the token before them. */
        public int tokens() {
            return rows() * columns() + 1;
        }

        /** Numbers in a patch. */
        public int numbers() {
            return channels * patchHeight * patchWidth;
        }
    }
}

package dev.heed.kernel;

/**
 * The numbers of one page, keys or values, of all heads, in one of the storage kinds of {@link Pages}. A row is one key or
 * value of one head; {@link Rows#GROUP} says how keys and values lie.
 */
sealed interface Cells {
    /** Where a head's rows stand. */
    record Layout(int width, boolean transposed) {
        int size() {
            return width * Pages.PAGE;
        }

        /** Place of number d of a row. */
        int at(int slot, int d) {
            int keys = slot / Rows.GROUP * Rows.GROUP;
            int panel = d / Rows.GROUP;
            return transposed
                    ? keys * width + d * Rows.GROUP + slot - keys
                    : panel * Rows.GROUP * Pages.PAGE + slot * Rows.panelWidth(width, panel) + d % Rows.GROUP;
        }
    }

    /** Stores {@code row[at..at + width)} as row {@code slot} of a head. */
    void put(int head, int slot, float[] row, int at);

    /** An array that holds a head's numbers as floats from {@link #offset} on; {@code room} if they must be converted. */
    float[] head(int head, float[] room);

    int offset(int head);

    Cells copy();

    static Cells of(Pages.Storage storage, int heads, Layout layout) {
        int size = heads * layout.size();
        return switch (storage) {
            case FLOAT32 -> new Floats(layout, new float[size]);
            case BFLOAT16 -> new Bfloats(layout, new short[size]);
            case FLOAT16 -> new Halves(layout, new short[size]);
            case INT8 -> new Bytes(layout, new byte[size], new float[heads * Pages.PAGE]);
        };
    }

    record Floats(Layout layout, float[] cells) implements Cells {
        @Override
        public void put(int head, int slot, float[] row, int at) {
            int to = head * layout.size();
            for (int d = 0; d < layout.width; d++) {
                cells[to + layout.at(slot, d)] = row[at + d];
            }
        }

        @Override
        public float[] head(int head, float[] room) {
            return cells;
        }

        @Override
        public int offset(int head) {
            return head * layout.size();
        }

        @Override
        public Cells copy() {
            return new Floats(layout, cells.clone());
        }
    }

    /** The upper half of a float32, rounded to nearest even. */
    record Bfloats(Layout layout, short[] cells) implements Cells {
        @Override
        public void put(int head, int slot, float[] row, int at) {
            int to = head * layout.size();
            for (int d = 0; d < layout.width; d++) {
                cells[to + layout.at(slot, d)] = narrow(row[at + d]);
            }
        }

        private static short narrow(float x) {
            int bits = Float.floatToRawIntBits(x);
            return Float.isNaN(x) ? 0x7FC0 : (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
        }

        @Override
        public float[] head(int head, float[] room) {
            int from = head * layout.size();
            for (int i = 0; i < layout.size(); i++) {
                room[i] = Float.intBitsToFloat(cells[from + i] << 16);
            }
            return room;
        }

        @Override
        public int offset(int head) {
            return 0;
        }

        @Override
        public Cells copy() {
            return new Bfloats(layout, cells.clone());
        }
    }

    /** IEEE 754 binary16. */
    record Halves(Layout layout, short[] cells) implements Cells {
        @Override
        public void put(int head, int slot, float[] row, int at) {
            int to = head * layout.size();
            for (int d = 0; d < layout.width; d++) {
                cells[to + layout.at(slot, d)] = Float.floatToFloat16(row[at + d]);
            }
        }

        @Override
        public float[] head(int head, float[] room) {
            int from = head * layout.size();
            for (int i = 0; i < layout.size(); i++) {
                room[i] = Float.float16ToFloat(cells[from + i]);
            }
            return room;
        }

        @Override
        public int offset(int head) {
            return 0;
        }

        @Override
        public Cells copy() {
            return new Halves(layout, cells.clone());
        }
    }

    /** Whole numbers −127..127 times one scale per row of a head. */
    record Bytes(Layout layout, byte[] cells, float[] scales) implements Cells {
        @Override
        public void put(int head, int slot, float[] row, int at) {
            float largest = 0;
            for (int d = 0; d < layout.width; d++) {
                largest = Math.max(largest, Math.abs(row[at + d])); // NaN stays
            }
            float scale = largest / 127;
            if (scale < Float.MIN_NORMAL && scale * 127 < largest) {
                scale = Math.nextUp(scale); // a subnormal one may be rounded down so far that quotients leave the range
            }
            if (largest < Float.POSITIVE_INFINITY && scale * 127 == Float.POSITIVE_INFINITY) {
                scale = Math.nextDown(scale); // the largest float of all, which was rounded up
            }
            scales[head * Pages.PAGE + slot] = scale;
            int to = head * layout.size();
            for (int d = 0; d < layout.width; d++) {
                cells[to + layout.at(slot, d)] = scale == 0 ? 0 : (byte) Math.round(row[at + d] / scale);
            }
        }

        @Override
        public float[] head(int head, float[] room) {
            int from = head * layout.size();
            int firstScale = head * Pages.PAGE;
            for (int group = 0; layout.transposed && group < layout.width * Pages.PAGE / Rows.GROUP; group++) {
                int keys = firstScale + group / layout.width * Rows.GROUP;
                for (int j = 0, i = group * Rows.GROUP; j < Rows.GROUP; j++, i++) {
                    room[i] = cells[from + i] * scales[keys + j];
                }
            }
            for (int d = 0; !layout.transposed && d < layout.width; d += Rows.GROUP) {
                int width = Rows.panelWidth(layout.width, d / Rows.GROUP);
                for (int row = 0, at = d * Pages.PAGE; row < Pages.PAGE; row++, at += width) {
                    for (int i = at; i < at + width; i++) {
                        room[i] = cells[from + i] * scales[firstScale + row];
                    }
                }
            }
            return room;
        }

        @Override
        public int offset(int head) {
            return 0;
        }

        @Override
        public Cells copy() {
            return new Bytes(layout, cells.clone(), scales.clone());
        }
    }
}

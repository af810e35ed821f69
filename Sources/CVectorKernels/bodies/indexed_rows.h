// Rows picked by an index, and sent back to where they were picked, where repeats add up.

static void NAME(gather_rows)(size_t rows, size_t columns, const int64_t *index, const T *x, T *y)
{
    for (size_t r = 0; r < rows; r++) {
        if (columns > 0) memcpy(y + r * columns, x + (size_t)index[r] * columns, columns * sizeof(T));
    }
}

static void NAME(scatter_add_rows)(size_t rows, size_t columns, const int64_t *index, const T *x, T *y)
{
    for (size_t r = 0; r < rows; r++) {
        T *row = y + (size_t)index[r] * columns;
        NAME(add)(columns, row, x + r * columns, row);
    }
}

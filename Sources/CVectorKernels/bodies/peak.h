// The most multiplications and additions that this instruction set can do: a benchmark's yardstick, of no other use.

// Enough independent sums to hide the latency of a fused multiply-add on two units.
#define PEAK_SUMS 12
#define PEAK_UNROLL 8

static T NAME(multiply_adds)(size_t rounds, T seed)
{
    NAME(Vector) sums[PEAK_SUMS], factor = {0}, total = {0};
    factor += (T)0.5;
    UNROLLED for (size_t i = 0; i < PEAK_SUMS; i++) sums[i] = factor * (seed + (T)i);
    for (size_t round = 0; round < rounds; round++) {
        UNROLLED for (size_t again = 0; again < PEAK_UNROLL; again++) {
            UNROLLED for (size_t i = 0; i < PEAK_SUMS; i++) sums[i] = sums[i] * factor + factor;
        }
    }
    UNROLLED for (size_t i = 0; i < PEAK_SUMS; i++) total += sums[i];
    T result = 0;
    for (size_t lane = 0; lane < LANES; lane++) result += total[lane];
    return result;
}

static size_t NAME(multiply_adds_flops)(size_t rounds) { return rounds * PEAK_UNROLL * PEAK_SUMS * LANES * 2; }

#undef PEAK_SUMS
#undef PEAK_UNROLL

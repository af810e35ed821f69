#!/usr/bin/env python3
"""Minimax coefficients for Sources/CVectorKernels/bodies/scalar_f32.h and scalar_f64.h (needs mpmath).

After a weighted minimax fit, the coefficients are rounded to the scalar type in ascending order, and the
remaining ones are fitted again each time, to compensate for the rounding errors."""
from mpmath import mp, mpf, matrix, lu_solve, log, exp, expm1, erfc, sqrt, cos, pi, frexp, nint, ldexp
mp.dps = 60

def minimax(function, weight, first, count, lo, hi):
    """Returns coefficients c of sum c[i] x^(first+i) that nearly minimize max |weight (function - sum)| on [lo, hi]:
    least squares on Chebyshev points, whose weights grow with their errors (Lawson's iteration)."""
    points = [(lo + hi) / 2 + (hi - lo) / 2 * cos(pi * (2 * i + 1) / 160) for i in range(80)]
    rows = [[weight(x) * (x / hi) ** (first + i) for i in range(count)] for x in points]
    right = [weight(x) * function(x) for x in points]
    share = [mpf(1) / 80] * 80
    best, least = None, mpf("inf")
    for _ in range(40):
        normal = matrix(count, count)
        moment = matrix(count, 1)
        for w, row, y in zip(share, rows, right):
            for i in range(count):
                moment[i] += w * row[i] * y
                for j in range(count):
                    normal[i, j] += w * row[i] * row[j]
        c = lu_solve(normal, moment)
        error = [abs(y - sum(c[i] * row[i] for i in range(count))) for row, y in zip(rows, right)]
        if max(error) < least:
            best, least = [c[i] / hi ** (first + i) for i in range(count)], max(error)
        share = [w * e for w, e in zip(share, error)]
        total = sum(share)
        share = [w / total + mpf("1e-9") for w in share]
    return best

def round_to(x, bits):
    mantissa, exponent = frexp(x)
    return ldexp(nint(ldexp(mantissa, bits)), exponent - bits)

def fit(function, weight, count, lo, hi, bits, fixed=()):
    """Returns rounded coefficients of x^0 …, of which those in `fixed` are given."""
    done = [mpf(c) for c in fixed]
    while len(done) < count:
        rest = lambda x: function(x) - sum(c * x ** i for i, c in enumerate(done))
        done.append(round_to(minimax(rest, weight, len(done), count - len(done), lo, hi)[0], bits))
    grid = [lo + (hi - lo) * mpf(i) / 1001 for i in range(1, 1001)]
    return done, max(abs(weight(x) * (function(x) - sum(c * x ** i for i, c in enumerate(done)))) for x in grid)

def interpolate(function, count, lo, hi):
    """Returns the coefficients of x^0 … of the polynomial through `count` Chebyshev points of [lo, hi]."""
    points = [(lo + hi) / 2 + (hi - lo) / 2 * cos(pi * (2 * i + 1) / (2 * count)) for i in range(count)]
    powers = matrix(count, count)
    for i, x in enumerate(points):
        for j in range(count):
            powers[i, j] = x ** j
    return list(lu_solve(powers, matrix([function(x) for x in points])))

def normal_tail(t):
    """(1 + a) e^(a²/2) Φ(−a) at t = (a − 4) / (a + 4), for GELU."""
    a = 4 * (1 + t) / (1 - t)
    return (1 + a) * exp(a * a / 2) * erfc(a / sqrt(mpf(2))) / 2

def show(name, c, worst, bits):
    print(f"// {name}: error {mp.nstr(worst, 2)} = {mp.nstr(worst * 2 ** bits, 2)} units of 2^-{bits}")
    text = [float(x).hex() if bits > 24 else float(x).hex().replace("0000000p", "p") for x in c]
    suffix = "" if bits > 24 else "f"
    print("    " + ", ".join(t + suffix for t in text))

if __name__ == "__main__":
    half = log(2) / 2 * mpf("1.001")
    tiny = mpf(10) ** -12
    q = lambda r: (expm1(r) - r) / r ** 2 if abs(r) > tiny else mpf(1) / 2
    def L(z):
        if z < tiny: return mpf(2) / 3 + 2 * z / 5
        s = sqrt(z)
        return (log((1 + s) / (1 - s)) - 2 * s) / (s * z)
    small, large = ((sqrt(2) - 1) / (sqrt(2) + 1)) ** 2, mpf(1) / 9
    for bits, split, terms in ((24, 15, (5, 3, 5)), (53, 40, (10, 7, 10))):
        hi = round_to(log(2), split)
        print("ln 2 high", float(hi).hex(), "low", float(round_to(log(2) - hi, bits)).hex())
        show("exp", *fit(q, lambda r: abs(r) + mpf("1e-9"), terms[0], -half, half, bits, fixed=(0.5,)), bits)
        show("log", *fit(L, lambda z: z / 2 + mpf("1e-9"), terms[1], mpf(0), small, bits), bits)
        show("log1p", *fit(L, lambda z: z / 2 + mpf("1e-9"), terms[2], mpf(0), large, bits), bits)
    for bits, count, bound in ((24, 11, mpf("14.5")), (53, 23, mpf("38.7"))):
        hi = (bound - 4) / (bound + 4)
        c = [round_to(x, bits) for x in interpolate(normal_tail, count, mpf(-1), hi)]
        grid = [-1 + (hi + 1) * mpf(i) / 1001 for i in range(1, 1001)]
        worst = max(abs(sum(k * t ** i for i, k in enumerate(c)) / normal_tail(t) - 1) for t in grid)
        show("normal tail", c, worst, bits)

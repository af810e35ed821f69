"""Compares Backflow's verdict on array files with NumPy's: see scripts/tests/npy-headers.

Usage: python3 npy_headers.py PROGRAM [count] [seed ...]

Valid headers are mutated, and NumPy reads the files with allow_pickle=False. The two must agree, except that
Backflow must reject the following, which NumPy reads; the script counts them:

- an element type other than real numbers of at most 8 bytes: complex, text, dates, records, long doubles;
- a descr that is not a string, or includes a comma or a shape ('()f4', '2f4');
- more than 8 axes, or an extent of 2**32 or more, which an array without elements can have;
- a string with a character given by its name (\\N{DIGIT TWO}).

Backflow follows NumPy 2.4 on Python 3.11. Other versions differ in two kinds of header, which are not compared
with them: Python 3.12 rejects a last line of blanks, and NumPy before 2.4 reads the rest of the file if an extent
is negative.
"""

import io
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile
import warnings

import numpy as np

DESCRS = """<f4 <f8 >f4 >f8 <f2 <i1 |i1 <i2 >i4 <i8 <u1 |u1 >u2 <u4 <u8 |b1 f4 f8 float32 double int half
? d e q B =f4 |f8 <f >d i l L bool uint8 longlong intp <c8 <U2 S3 |O <M8[D] f16 g 2f4 f4,i4 ()f4 F4 x
f3 <f04 <f+4 <f-4 b2""".split()
PIECES = [
    "'", '"', "'''", '"""', "{", "}", "(", ")", "[", "]", ",", ",,", ":", "#", "# a comment\n", "\\", "\\\n",
    "\n", "\r", "\r\n", "\t", " ", "  ", "\f", "\v", "\0", "L", " L", "l", "2L", "0", "1", "2", "00", "02",
    "0x2", "0o2", "0b10", "1_0", "2.", "2.0", "1e0", "2j", "+", "-", "--", "True", "False", "None",
    "Falsehood", "...", "set()", "b", "u", "r", "f", "\\x66", "\\146", "\\u0066", "\\U00000066", "\\n", "\\q",
    "*", ";", "=", "x", "_", ".", "é", "\u2003", "\ufeff", "lambda", "9" * 19, "4294967296", "-1",
    "{1: 2}", "[]", "()", "(2,)", "'shape'", "'descr'", "'fortran_order'",
]


def entry(random, key):
    value = {
        "descr": lambda: repr(random.choice(DESCRS + ["<f4", "<f8"] * 10 + DESCRS[:17])),
        "fortran_order": lambda: random.choice(["False", "True"] * 8 + ["0", "(True)", "None"]),
        "shape": lambda: random.choice(
            ["(2, 3)"] * 12 + ["(2L, 3L)", "(6,)", "(3, 2, 1)"] * 3 + ["(2, 3)", "(2,3,)", "(6,)", "()", "(1, 2, 3)", "(0, 4)", "(3, 2, 1)", "(2L, 3L)", "(2, 3L)",
             "(6)", "[2, 3]", "(True, 2)", "(+2, 3)", "(-1, 3)", "(0x2, 3)", "((2), (3))",
             "(1, 1, 1, 1, 1, 1, 1, 1, 6)", "(4294967296, 0)", "(2 , 3\n)", "(2.0, 3)", "(2,,3)"]),
    }[key]()
    quote = random.choice(["'", "'", '"', "'''", "u'", "r'", "'"])
    blank = random.choice(["", " ", " ", " ", "\t", "\n", " \\\n ", "  # x\n"])
    return quote + key + quote[-1:] * (3 if "'''" in quote else 1) + blank + ":" + blank + value


def header(random):
    keys = ["descr", "fortran_order", "shape"]
    if random.random() < 0.3:
        random.shuffle(keys)
    if random.random() < 0.1:
        keys.append(random.choice(keys))
    if random.random() < 0.05:
        keys.pop()
    comma = random.choice([", ", ", ", ",", ",\n"])
    text = "{" + comma.join(entry(random, key) for key in keys)
    text += random.choice([", }", "}", ",}"]) + random.choice(["", " " * 20 + "\n", "\n", "\n  ", "\t"])
    for _ in range(random.choice([0, 1, 1, 1, 1, 1, 2, 3])):
        text = mutated(random, text)
    return text


def mutated(random, text):
    start = random.randrange(len(text) + 1)
    end = min(len(text), start + random.choice([0, 0, 1, 1, 2, 5]))
    kind = random.random()
    if kind < 0.4:
        # Positions at which Python accepts any blank.
        places = [at for at in range(1, len(text)) if text[at] in "(),:{}" or text[at - 1] in "(),:{}"]
        at = random.choice(places or [0])
        return text[:at] + random.choice(PIECES[PIECES.index("#"):PIECES.index("L")]) + text[at:]
    if kind < 0.6:
        return text[:start] + random.choice(PIECES) + text[end:]
    if kind < 0.65:
        return text[:start] + text[end:]
    if kind < 0.7:
        return text[:start] + text[start:end] * 2 + text[end:]
    if kind < 0.8:
        return text[:start] + chr(random.randrange(256)) + text[end:]
    if kind < 0.85:
        return random.choice(PIECES) + text
    if kind < 0.9:
        return text + random.choice(PIECES)
    other = random.randrange(len(text) + 1)
    return text[:start] + text[min(other, len(text)):][:3] + text[start:]


def file(random):
    text = header(random)
    version = random.choice([(1, 0)] * 5 + [(2, 0), (3, 0), (3, 0)])
    if random.random() < 0.02:
        version = (random.randrange(5), random.randrange(8))
    encoding = "utf8" if version[0] == 3 and random.random() < 0.9 else "latin1"
    data = text.encode(encoding, "replace")
    length = struct.pack("<H" if version[0] == 1 else "<I", len(data))
    elements = bytes(random.randrange(256) for _ in range(random.choice([48, 48, 48, 48, 48, 24, 6, 100])))
    return b"\x93NUMPY" + bytes(version) + length + data + elements


def numpy_verdict(path):
    """Returns the array, or None if NumPy rejects the file."""
    try:
        return np.load(path, allow_pickle=False)
    except Exception:
        return None


OTHER_PYTHON = sys.version_info >= (3, 12)
OTHER_NUMPY = tuple(map(int, np.__version__.split(".")[:2])) < (2, 4)


def depends_on_version(content):
    start = 10 if content[6:7] == b"\1" else 12
    header = content[start:start + int.from_bytes(content[8:start], "little")]
    return (OTHER_PYTHON and re.search(rb"[\n\r][ \t\f]+$", header) is not None) or (
        OTHER_NUMPY and re.search(rb"-", header) is not None)


def is_beyond_backflow(array, content):
    if array.dtype.kind not in "fiub" or array.dtype.itemsize > 8 or array.ndim > 8:
        return True
    if any(extent >= 2**32 for extent in array.shape) or b"\\N{" in content:
        return True
    # Normalized by NumPy, so that another notation for a type does not count as an exception.
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    descr = descr_of(stream, version)
    return not isinstance(descr, str) or "," in descr or "(" in descr \
        or descr.lstrip("<>=|")[:1].isdigit()


def descr_of(stream, version):
    found = []
    module = getattr(np.lib, "_format_impl", np.lib.format)
    original = module.descr_to_dtype
    module.descr_to_dtype = lambda descr: found.append(descr) or original(descr)
    try:
        module._read_array_header(stream, version)
    finally:
        module.descr_to_dtype = original
    return found[0]


def expected(array):
    doubles = np.ascontiguousarray(array.astype(np.float64))
    bits = " ".join(format(int(word), "x") for word in doubles.reshape(-1).view(np.uint64))
    return ["read", "[" + ", ".join(map(str, array.shape)) + "]", bits]


def one_byte_changes():
    """Yields all changes of one byte in the header of a file."""
    stream = io.BytesIO()
    np.save(stream, np.arange(6, dtype="<f4").reshape(2, 3))
    whole = stream.getvalue()
    for place in range(len(whole) - 24):
        for value in set(range(256)) - {whole[place]}:
            yield whole[:place] + bytes([value]) + whole[place + 1:]


def compare(program, contents, name):
    count = len(contents)
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / f"{index}.npy" for index in range(count)]
        for path, content in zip(paths, contents):
            path.write_bytes(content)
        output = subprocess.run(
            [program], input="\n".join(map(str, paths)) + "\n", text=True, check=True,
            stdout=subprocess.PIPE).stdout
        verdicts = [line.split("\t") for line in output.splitlines()]
        assert len(verdicts) == count, f"{len(verdicts)} verdicts for {count} files"
        read = refused = beyond = skipped = 0
        differences = []
        for path, content, verdict in zip(paths, contents, verdicts):
            if depends_on_version(content):
                skipped += 1
                continue
            array = numpy_verdict(path)
            if array is None:
                refused += 1
                same = verdict[0] == "refused"
            elif is_beyond_backflow(array, content):
                beyond += 1
                same = verdict[0] == "refused"
            else:
                read += 1
                same = verdict == expected(array)
            if not same:
                differences.append((content, verdict, array))
    print(f"npy-headers: {name}: {count} files; both accept {read}, both reject {refused},"
          f" {beyond} accepted by NumPy only" + (f", {skipped} not compared" if skipped else "")
          + f"; {len(differences)} differences", flush=True)
    for content, verdict, array in differences[:10]:
        print("  ", content, verdict, None if array is None else expected(array))
    return len(differences)


def main():
    # Conversions of arbitrary bits involve signaling NaNs, and Python warns about unknown escapes.
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    seeds = [int(seed) for seed in sys.argv[3:]] or [1]
    differences = compare(program, list(one_byte_changes()), "every byte")
    for seed in seeds:
        source = random.Random(seed)
        differences += compare(program, [file(source) for _ in range(count)], f"seed {seed}")
    sys.exit(1 if differences else 0)


main()

"""The programs and the shell commands of the documentation articles: see scripts/tests/articles.

An article is a page of Sources/Backflow/Backflow.docc. Of its fenced blocks,

- `swift` blocks are programs. A block that begins with `import Backflow` begins a program, to which the following
  blocks belong until the next one that begins so. A block that begins with `// swift-tools-version` is a manifest.
- `sh` blocks are run as they are, with `backflow` in the path.
- `python` blocks are run, each after those before it, if BACKFLOW_PYTHON or .build-peers/bin/python has torch and
  safetensors. What they write is also in scripts/tests/articles-files, so that the other blocks do not need them.
- `output` blocks follow what prints them. The blocks after a program or command are found in its output in this order,
  each as consecutive lines. A line `…` stands for any lines, and `…` in a line for any text. Whole numbers have to
  agree, and numbers with a decimal point or an exponent to one part in a hundred; those below 1e-12 are rounding
  errors, and all equal.

Everything of one article runs in its order, in one directory that is empty before, or has the article's files of
scripts/tests/articles-files. A program runs where its last block is.
"""

import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import time
import zipfile

FENCE = re.compile(r"^```([a-z]*)$")
NUMBER = re.compile(r"[-−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
LIMIT = 120  # seconds for one program or command


def blocks(path):
    """Returns the fenced blocks of a page as triples of the language, the first line's number and the text."""
    result, language, lines, start = [], None, [], 0
    for number, line in enumerate(path.read_text().splitlines(), 1):
        fence = FENCE.match(line)
        if language is None and fence:
            language, lines, start = fence[1], [], number + 1
        elif language is not None and line == "```":
            result.append((language, start, "\n".join(lines) + "\n"))
            language = None
        elif language is not None:
            lines.append(line)
    if language is not None:
        sys.exit(f"articles: {path.name}:{start}: a block has no end")
    return result


class Step:
    """A program or a shell command of an article, and what it should print."""

    def __init__(self, kind, name, line, text):
        self.kind, self.name, self.line, self.texts, self.outputs = kind, name, line, [text], []


def steps(path):
    """Returns the programs and commands of an article in the order in which they run, and its manifests."""
    order, manifests, python, program, current, count = [], [], "", None, None, 0
    for language, line, text in blocks(path):
        if language == "swift" and text.startswith("// swift-tools-version"):
            manifests.append(text)
        elif language == "swift":
            if text.startswith("import Backflow\n"):
                count += 1
                program = Step("program", f"{path.stem}{count}", line, text)
            elif program is None:
                sys.exit(f"articles: {path.name}:{line}: a program begins with `import Backflow`")
            else:
                program.texts.append(text)
                order.remove(program)
            order.append(program)
            current = program
        elif language == "sh":
            current = Step("command", f"{path.stem}:{line}", line, text)
            order.append(current)
        elif language == "python":
            python += text
            current = Step("python", f"{path.stem}:{line}", line, python)
            order.append(current)
        elif language == "output":
            if current is None:
                sys.exit(f"articles: {path.name}:{line}: an output without a program")
            current.outputs.append((line, text))
    return order, manifests


def articles(root):
    """Returns the articles of the catalog, without its landing page."""
    pages = sorted((root / "Sources/Backflow/Backflow.docc").glob("*.md"))
    return [page for page in pages if page.name != "Backflow.md"]


def write(root, client):
    """Writes the package of all programs. The one product `articles` builds them all."""
    names = []
    for page in articles(root):
        order, manifests = steps(page)
        for step in order:
            if step.kind == "program":
                names.append(step.name)
                folder = client / "Sources" / step.name
                folder.mkdir(parents=True)
                (folder / "main.swift").write_text("\n".join(step.texts))
        for number, manifest in enumerate(manifests):
            folder = client / "Manifests" / f"{page.stem}{number}"
            folder.mkdir(parents=True)
            (folder / "Package.swift").write_text(manifest)
    targets = "\n".join(f'    .executableTarget(name: "{name}", dependencies: [backflow]),' for name in names)
    (client / "Package.swift").write_text(f"""\
// swift-tools-version: 6.2
import PackageDescription

let backflow = Target.Dependency.product(name: "Backflow", package: "backflow")

let package = Package(
  name: "articles",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "backflow", path: "{root}")],
  targets: [
{targets}
  ]
)
""")


def agree(expected, found):
    """Returns whether a printed line is the expected one."""
    parts = [NUMBER.sub("\0", part).split("\0") for part in expected.split("…")]
    pattern = ".*?".join(f"({NUMBER.pattern})".join(map(re.escape, part)) for part in parts)
    match = re.fullmatch(pattern, found)
    return match is not None and all(map(equal, NUMBER.findall(expected), match.groups()))


def equal(expected, found):
    """Returns whether a printed number is the expected one."""
    if expected == found:
        return True
    if expected.isdigit() or found.isdigit():
        return False
    x, y = (float(number.replace("−", "-")) for number in (expected, found))
    return abs(x - y) <= 0.01 * abs(x) or max(abs(x), abs(y)) < 1e-12


def chunks(text):
    """Returns the runs of lines between the lines `…`."""
    result = [[]]
    for line in text.splitlines():
        if line.strip() == "…":
            result.append([])
        else:
            result[-1].append(line.rstrip())
    return [chunk for chunk in result if chunk]


def missing(outputs, printed):
    """Returns the line and the text of the first expected part that was not printed, or `None`."""
    lines, place = [line.rstrip() for line in printed.splitlines()], 0
    for line, text in outputs:
        for chunk in chunks(text):
            for start in range(place, len(lines) - len(chunk) + 1):
                if all(agree(*pair) for pair in zip(chunk, lines[start:start + len(chunk)])):
                    place = start + len(chunk)
                    break
            else:
                return line, "\n".join(chunk)
    return None


def python_with_torch(root):
    """Returns an interpreter that runs the Python blocks, or `None`."""
    for python in (os.environ.get("BACKFLOW_PYTHON"), root / ".build-peers/bin/python"):
        if python and shutil.which(python):
            imports = [python, "-c", "import numpy, safetensors, torch"]
            if subprocess.run(imports, stderr=subprocess.DEVNULL).returncode == 0:
                return str(python)
    return None


def run(root, client, products, names):
    environment = dict(os.environ, PATH=f"{products}:{os.environ['PATH']}")
    # Sums are then divided alike on every machine, and other work on this one delays nothing.
    environment.setdefault("BACKFLOW_NUM_THREADS", "1")
    python, failures, count, begin = python_with_torch(root), 0, 0, time.monotonic()
    pages = [page for page in articles(root) if not names or page.stem in names]
    if not names or "README" in names:
        pages.append(root / "README.md")
    for page in pages:
        work = client / "work" / page.stem
        work.mkdir(parents=True)
        given = root / "scripts/tests/articles-files" / page.stem
        if given.is_dir():
            shutil.copytree(given, work, dirs_exist_ok=True)
        if page.name == "README.md":
            write_readme_files(root, work)
        order = readme_commands(page) if page.name == "README.md" else steps(page)[0]
        for step in order:
            if step.kind == "python" and not python:
                print(f"articles: {page.name}:{step.line}: not run, because there is no Python with torch")
                continue
            failures += not succeeds(step, page, work, products, environment, python)
            count += 1
    if failures:
        sys.exit(f"articles: {failures} of {count} programs and commands fail")
    print(f"articles: {count} programs and commands run, in {time.monotonic() - begin:.0f} s.")


def succeeds(step, page, work, products, environment, python):
    """Runs a step and reports whether it ends well and prints what the article shows."""
    command = {
        "program": [f"{products}/{step.name}"],
        "python": [python, "-c", step.texts[0]],
        "command": ["bash", "-euo", "pipefail", "-c", step.texts[0]],
    }[step.kind]
    begin = time.monotonic()
    try:
        result = subprocess.run(
            command, cwd=work, env=environment, text=True, timeout=LIMIT, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except subprocess.TimeoutExpired:
        print(f"articles: {page.name}:{step.line}: {step.name} runs for more than {LIMIT} s", file=sys.stderr)
        return False
    duration = time.monotonic() - begin
    if duration > 10:
        print(f"articles: {page.name}:{step.line}: {step.name} runs for {duration:.0f} s")
    problem = None
    if result.returncode != 0:
        problem = f"ends with code {result.returncode}"
    elif lack := missing(step.outputs, result.stdout):
        problem = f"does not print what line {lack[0]} and the following show:\n{lack[1]}\nbut:"
    if problem:
        print(f"articles: {page.name}:{step.line}: {step.name} {problem}", file=sys.stderr)
        print(result.stdout[-6000:] + result.stderr[-2000:], file=sys.stderr)
    return problem is None


def readme_commands(page):
    """Returns the commands `backflow` of the section "On the command line". Trainings last for one epoch."""
    section = page.read_text().split("## On the command line")[1].split("```sh\n")[1].split("```")[0]
    lines = [line.split("  #")[0].split("   #")[0].strip() for line in section.splitlines()]
    lines = [line for line in lines if line.startswith("backflow ")]
    if len(lines) < 10:
        sys.exit("articles: README.md lacks its commands")
    return [
        Step("command", f"README: {line}", 0, line + (" --epochs 1" if line.startswith("backflow train") else ""))
        for line in lines]


def write_readme_files(root, work):
    """Writes the files that the commands of the README read."""
    recorded = root / "scripts/tests/articles-files/FromPyTorchAndBack"
    shutil.copy(recorded / "reader.pt", work / "model.pt")
    shutil.copy(recorded / "recording.npz", work / "io.npz")
    rows = [f"{40 + i * 37 % 160},{1 + i % 5},{'North' if i % 3 else 'South'}" for i in range(200)]
    (work / "new.csv").write_text("\n".join(["area,rooms,city", *rows]) + "\n")
    priced = [f"{row},{1000 * int(row.split(',')[0])}" for row in rows]
    (work / "houses.csv").write_text("\n".join(["area,rooms,city,price", *priced]) + "\n")
    (work / "book.txt").write_text("The rain in Spain stays mainly in the plain.\n" * 1000)
    features = npy("<f4", "f", [50, 8], [(i * 37 % 101) / 101 for i in range(400)])
    (work / "features.npy").write_bytes(features)
    with zipfile.ZipFile(work / "signals.npz", "w") as archive:
        archive.writestr("x.npy", npy("<f4", "f", [40, 12, 3], [(i * 37 % 101) / 101 for i in range(1440)]))
        archive.writestr("y.npy", npy("<i8", "q", [40], [i % 2 for i in range(40)]))


def npy(descriptor, letter, shape, values):
    """Returns an array as the bytes of an .npy file."""
    shape = ", ".join(map(str, shape)) + ","
    header = f"{{'descr': '{descriptor}', 'fortran_order': False, 'shape': ({shape}), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode() + struct.pack(
        f"<{len(values)}{letter}", *values)


if __name__ == "__main__":
    root, client = (pathlib.Path(path) for path in sys.argv[2:4])
    if sys.argv[1] == "write":
        write(root, client)
    else:
        run(root, client, sys.argv[4], sys.argv[5:])

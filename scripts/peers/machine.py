"""The machine and its limits, as far as the report names them."""

import json
import os
import pathlib
import platform
import subprocess

# Those that decide which kernels a library chooses.
FEATURES = {"avx2": "AVX2", "fma": "FMA", "avx512f": "AVX-512 F", "avx512bw": "AVX-512 BW",
            "avx512vl": "AVX-512 VL", "avx512_vnni": "AVX-512 VNNI", "avx512_bf16": "AVX-512 BF16", "amx_tile": "AMX"}


def limits(benchmark):
    """Returns the benchmark's description of the machine, with the multiply-add peak of one core."""
    text = subprocess.run(
        [benchmark, "--filter", "matmul/n64", "--threads", "1", "--seconds", "0.4", "--format", "json"],
        check=True, capture_output=True, text=True).stdout
    return json.loads(text)["machine"]


def features():
    """Returns the vector extensions of the processor, or an empty list where the system does not tell."""
    info = pathlib.Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    flags = next((line.split() for line in lines if line.startswith("flags")), [])
    return [title for flag, title in FEATURES.items() if flag in flags]


def memory():
    """Returns the bytes of the main memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def system():
    names = platform.freedesktop_os_release() if platform.system() == "Linux" else {}
    return names.get("PRETTY_NAME", platform.platform())


def swift():
    """Returns the version of the compiler."""
    text = subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout
    words = text.split()
    return words[words.index("version") + 1] if "version" in words else "unknown"


def load():
    return os.getloadavg()[0]

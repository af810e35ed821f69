"""Installs the packages of the selected peers into this environment, as far as they are missing. Takes the options of
scripts/compare-peers. A package that cannot be installed is reported, and its peers are absent from the comparison."""

import argparse
import importlib.util
import subprocess
import sys

import peers


def is_missing(module):
    try:
        return importlib.util.find_spec(module) is None
    except ModuleNotFoundError:
        return True


def main():
    parser = argparse.ArgumentParser(prog="compare-peers", add_help=False)
    parser.add_argument("--peers")
    try:
        chosen = peers.selected(parser.parse_known_args()[0].peers)
    except ValueError as error:
        parser.error(str(error))
    wanted = {("numpy",): ("numpy",)} | {peer.packages: peer.modules for peer in chosen}
    for packages, modules in wanted.items():
        if not any(map(is_missing, modules)):
            continue
        print(f"installing {' and '.join(packages)}", flush=True)
        if subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *packages]).returncode != 0:
            print(f"compare-peers: pip cannot install {' and '.join(packages)}", file=sys.stderr)


main()

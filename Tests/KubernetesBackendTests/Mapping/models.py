"""Holds manifests against the models that the Kubernetes and Kubeflow projects publish for Python.

The models are generated from the projects' OpenAPI documents. Prints each key that a model does not know,
and each value of another type.
"""

import json
import re
import sys

import kubernetes.client as core
import kubeflow.training.models as training


def model(name):
    return getattr(core, name, None) or getattr(training, name, None)


def check(value, kind, path):
    listed = re.fullmatch(r"[Ll]ist[\[(](.*)[\])]", kind)
    mapped = re.fullmatch(r"[Dd]ict[\[(]str, (.*)[\])]", kind)
    if listed:
        if not isinstance(value, list):
            print(f"{path}: no list")
            return
        for index, element in enumerate(value):
            check(element, listed[1], f"{path}/{index}")
    elif mapped:
        if not isinstance(value, dict):
            print(f"{path}: no map")
            return
        for key, element in value.items():
            check(element, mapped[1], f"{path}/{key}")
    elif kind == "str":
        if not isinstance(value, str):
            print(f"{path}: no string")
    elif kind == "bool":
        if not isinstance(value, bool):
            print(f"{path}: no boolean")
    elif kind == "int":
        if isinstance(value, bool) or not isinstance(value, int):
            print(f"{path}: no integer")
    elif kind in ("object", "datetime"):
        return
    else:
        known = model(kind)
        if known is None:
            if not isinstance(value, (str, int)):
                print(f"{path}: no {kind}")
            return
        if not isinstance(value, dict):
            print(f"{path}: no {kind}")
            return
        names = {known.attribute_map[name]: known.openapi_types[name] for name in known.attribute_map}
        for key, element in value.items():
            if key in names:
                check(element, names[key], f"{path}/{key}")
            else:
                print(f"{path}: {kind} has no {key}")


KINDS = {"TFJob": "KubeflowOrgV1TFJob", "Job": "V1Job", "Service": "V1Service"}

for file in sys.argv[1:]:
    for manifest in json.load(open(file)):
        check(manifest, KINDS[manifest["kind"]], f"{file}: {manifest['kind']}")

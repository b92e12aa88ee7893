"""Holds manifests against the JSON schemas that are made from the OpenAPI document of a Kubernetes release.

Prints each fault. Keys that a schema does not have are faults. A TFJob is no kind of Kubernetes: of one, a pod is made
of each template.
"""

import json
import sys

import kubernetes_validate

release = sys.argv[1]


def objects(manifest):
    if manifest["kind"] != "TFJob":
        return [manifest]
    templates = [replica["template"] for replica in manifest["spec"]["tfReplicaSpecs"].values()]
    return [{"apiVersion": "v1", "kind": "Pod", **template} for template in templates]


for file in sys.argv[2:]:
    for manifest in json.load(open(file)):
        for value in objects(manifest):
            try:
                kubernetes_validate.validate(value, release, strict=True)
            except kubernetes_validate.ValidationError as error:
                path = "/".join(str(step) for step in error.path)
                print(f"{file}: {value['kind']}/{path}: {error.message}")

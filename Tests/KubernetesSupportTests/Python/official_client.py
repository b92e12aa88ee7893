"""Drives a cluster with the official Python client, which is made for real servers and believes what one does.

Usage: official_client.py KUBECONFIG. Each check prints its name; a check that fails raises.
"""

import sys

from kubernetes import client, config, dynamic, watch
from kubernetes.client.rest import ApiException

NAMESPACE = "python"


def expect_status(code, reason, call):
    try:
        call()
    except ApiException as error:
        assert error.status == code, (error.status, error.body)
        assert f'"reason":"{reason}"' in error.body, error.body
        return error
    raise AssertionError(f"{code} was expected")


def job(name, completions=2):
    container = client.V1Container(name="tensorflow", image="tensorflow/tensorflow:2.21.0", args=["Job"])
    return client.V1Job(
        metadata=client.V1ObjectMeta(name=name, labels={"app": "test"}),
        spec=client.V1JobSpec(
            completions=completions,
            parallelism=completions,
            completion_mode="Indexed",
            backoff_limit=0,
            template=client.V1PodTemplateSpec(
                spec=client.V1PodSpec(restart_policy="Never", containers=[container])
            ),
        ),
    )


def tfjob(name, **policy):
    container = {"name": "tensorflow", "image": "tensorflow/tensorflow:2.21.0", "args": ["Worker"]}
    replica = {"replicas": 2, "restartPolicy": "Never", "template": {"spec": {"containers": [container]}}}
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "TFJob",
        "metadata": {"name": name},
        "spec": {"runPolicy": policy, "tfReplicaSpecs": {"Worker": replica}},
    }


def check_namespaces(core):
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE)))
    assert NAMESPACE in [item.metadata.name for item in core.list_namespace().items]
    expect_status(409, "AlreadyExists", lambda: core.create_namespace(
        client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE))))


def check_jobs(core, batch):
    made = batch.create_namespaced_job(NAMESPACE, job("one"))
    assert made.metadata.uid and made.spec.template.spec.dns_policy == "ClusterFirst"
    for event in watch.Watch().stream(batch.list_namespaced_job, NAMESPACE, timeout_seconds=60):
        conditions = event["object"].status.conditions or []
        if any(item.type == "Complete" and item.status == "True" for item in conditions):
            break
    else:
        raise AssertionError("the job was never complete")
    pods = core.list_namespaced_pod(NAMESPACE, label_selector="job-name=one").items
    assert len(pods) == 2, pods
    assert {pod.status.container_statuses[0].state.terminated.exit_code for pod in pods} == {0}
    assert core.read_namespaced_pod_log(pods[0].metadata.name, NAMESPACE) == "hello\n"
    before = batch.list_namespaced_job(NAMESPACE).metadata.resource_version
    batch.delete_namespaced_job("one", NAMESPACE, propagation_policy="Foreground")
    for event in watch.Watch().stream(
        batch.list_namespaced_job, NAMESPACE, resource_version=before, timeout_seconds=60
    ):
        if event["type"] == "DELETED":
            break
    else:
        raise AssertionError("the job was never gone")
    assert core.list_namespaced_pod(NAMESPACE).items == []


def check_apply(api):
    resource = dynamic.DynamicClient(api).resources.get(api_version="kubeflow.org/v1", kind="TFJob")
    applied = resource.server_side_apply(
        body=tfjob("one", suspend=True), name="one", namespace=NAMESPACE, field_manager="first")
    assert applied.metadata.managedFields[0].manager == "first"
    error = None
    try:
        resource.server_side_apply(
            body=tfjob("one", suspend=False), name="one", namespace=NAMESPACE, field_manager="second")
    except dynamic.exceptions.ConflictError as conflict:
        error = conflict
    assert error is not None and 'conflict with \\"first\\": .spec.runPolicy.suspend' in str(error.body), error
    forced = resource.server_side_apply(
        body=tfjob("one", suspend=False), name="one", namespace=NAMESPACE, field_manager="second", force_conflicts=True)
    assert forced.spec.runPolicy.suspend is False
    for event in resource.watch(namespace=NAMESPACE, timeout=60):
        conditions = event["object"].to_dict().get("status", {}).get("conditions", [])
        if any(item["type"] == "Running" and item["status"] == "True" for item in conditions):
            break
    else:
        raise AssertionError("the job never ran")
    resource.delete(name="one", namespace=NAMESPACE, body={"propagationPolicy": "Foreground"})


def check_custom_objects(api):
    custom = client.CustomObjectsApi(api)
    place = ("kubeflow.org", "v1", NAMESPACE, "tfjobs")
    bad = tfjob("two")
    bad["spec"]["tfReplicaSpecs"]["Worker"]["replicas"] = "many"
    expect_status(422, "Invalid", lambda: custom.create_namespaced_custom_object(*place, bad))
    custom.create_namespaced_custom_object(*place, tfjob("two", suspend=True))
    old = custom.get_namespaced_custom_object(*place, "two")
    custom.patch_namespaced_custom_object(*place, "two", {"spec": {"runPolicy": {"backoffLimit": 1}}})
    expect_status(409, "Conflict", lambda: custom.replace_namespaced_custom_object(*place, "two", old))
    custom.delete_namespaced_custom_object(*place, "two")


def check_pages(core):
    for number in range(5):
        core.create_namespaced_config_map(
            NAMESPACE, client.V1ConfigMap(metadata=client.V1ObjectMeta(name=f"c{number}"), data={"n": str(number)}))
    names, token = [], None
    while True:
        page = core.list_namespaced_config_map(NAMESPACE, limit=2, _continue=token)
        names += [item.metadata.name for item in page.items]
        token = page.metadata._continue
        if not token:
            break
    assert names == ["c0", "c1", "c2", "c3", "c4"], names
    patched = core.patch_namespaced_config_map("c0", NAMESPACE, {"data": {"n": None, "m": "1"}})
    assert patched.data == {"m": "1"}, patched.data


def main():
    config.load_kube_config(config_file=sys.argv[1])
    api = client.ApiClient()
    core, batch = client.CoreV1Api(api), client.BatchV1Api(api)
    assert client.VersionApi(api).get_code().git_version.startswith("v1.")
    for name, check in [
        ("namespaces", lambda: check_namespaces(core)),
        ("jobs", lambda: check_jobs(core, batch)),
        ("apply", lambda: check_apply(api)),
        ("custom objects", lambda: check_custom_objects(api)),
        ("pages", lambda: check_pages(core)),
    ]:
        check()
        print("passed:", name, flush=True)


main()

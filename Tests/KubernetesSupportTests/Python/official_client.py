"""Drives a cluster with the official Python client, which is made for real servers.

Usage: official_client.py KUBECONFIG [--real]. Each check prints its name; a check that fails raises.

With --real, the script itself sets the policies that a test sets at the stand-in, and skips the custom resource TFJob, whose operator a
bare server doesn't have.
"""

import json
import sys
import time

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


def pod(name, cpu=None):
    limits = {"limits": {"cpu": cpu}} if cpu else None
    container = client.V1Container(name="tensorflow", image="tensorflow/tensorflow:2.21.0", resources=limits)
    return client.V1Pod(metadata=client.V1ObjectMeta(name=name), spec=client.V1PodSpec(containers=[container]))


def service(name):
    return client.V1Service(
        metadata=client.V1ObjectMeta(name=name), spec=client.V1ServiceSpec(cluster_ip="None", selector={"app": "test"}))


def wait_for(what, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.2)


def set_policies(api, core):
    """Sets on a real server what OfficialClientTests sets at the stand-in."""
    def quota(namespace, hard):
        core.create_namespaced_resource_quota(namespace, client.V1ResourceQuota(
            metadata=client.V1ObjectMeta(name="small"), spec=client.V1ResourceQuotaSpec(hard=hard)))
        wait_for("the quota is counted", lambda: core.read_namespaced_resource_quota("small", namespace).status.hard)

    quota("python-jobs", {"count/jobs.batch": "0"})
    quota("python-pods", {"pods": "0"})
    core.create_namespaced_limit_range("python-limits", client.V1LimitRange(
        metadata=client.V1ObjectMeta(name="small"),
        spec=client.V1LimitRangeSpec(limits=[client.V1LimitRangeItem(type="Container", max={"cpu": "10m"})])))
    admission = client.AdmissionregistrationV1Api(api)
    rule = client.V1NamedRuleWithOperations(
        api_groups=[""], api_versions=["v1"], operations=["CREATE"], resources=["services"])
    place = client.V1LabelSelector(match_labels={"kubernetes.io/metadata.name": "python-policy"})
    admission.create_validating_admission_policy(client.V1ValidatingAdmissionPolicy(
        metadata=client.V1ObjectMeta(name="sunday"),
        spec=client.V1ValidatingAdmissionPolicySpec(
            match_constraints=client.V1MatchResources(resource_rules=[rule], namespace_selector=place),
            validations=[client.V1Validation(expression="false", message="no training on Sundays")])))
    admission.create_validating_admission_policy_binding(client.V1ValidatingAdmissionPolicyBinding(
        metadata=client.V1ObjectMeta(name="sunday"),
        spec=client.V1ValidatingAdmissionPolicyBindingSpec(policy_name="sunday", validation_actions=["Deny"])))

    def is_active():
        try:
            core.create_namespaced_service("python-policy", service("probe"), dry_run="All")
        except ApiException:
            return True
        return False

    wait_for("the policy is active", is_active)


def check_refusals(api, core, batch, is_real):
    for name in ["jobs", "pods", "limits", "policy", "strict", "ending"]:
        labels = {"pod-security.kubernetes.io/enforce": "restricted"} if name == "strict" else None
        core.create_namespace(client.V1Namespace(
            metadata=client.V1ObjectMeta(name=f"python-{name}", labels=labels)))
    if is_real:
        set_policies(api, core)

    def refused(code, reason, sentence, call):
        error = expect_status(code, reason, call)
        body = json.loads(error.body)
        assert sentence in body["message"], body
        return body

    refused(
        403, "Forbidden",
        "exceeded quota: small, requested: count/jobs.batch=1, used: count/jobs.batch=0, limited: count/jobs.batch=0",
        lambda: batch.create_namespaced_job("python-jobs", job("one")))
    refused(403, "Forbidden", "exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0",
            lambda: core.create_namespaced_pod("python-pods", pod("one")))
    refused(403, "Forbidden", "maximum cpu usage per Container is 10m, but limit is 50m",
            lambda: core.create_namespaced_pod("python-limits", pod("one", "50m")))
    refused(422, "Invalid",
            "ValidatingAdmissionPolicy 'sunday' with binding 'sunday' denied request: no training on Sundays",
            lambda: core.create_namespaced_service("python-policy", service("one")))
    refused(403, "Forbidden", 'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false',
            lambda: core.create_namespaced_pod("python-strict", pod("one")))
    refused(404, "NotFound", 'namespaces "nowhere" not found',
            lambda: batch.create_namespaced_job("nowhere", job("one")))
    batch.create_namespaced_job("python-policy", job("tried"), dry_run="All")
    expect_status(404, "NotFound", lambda: batch.read_namespaced_job("tried", "python-policy"))

    # A namespace that is held back while it is deleted takes nothing new.
    core.create_namespaced_config_map("python-ending", client.V1ConfigMap(
        metadata=client.V1ObjectMeta(name="held", finalizers=["test/held"])))
    core.delete_namespace("python-ending")
    body = refused(403, "Forbidden", "because it is being terminated",
                   lambda: batch.create_namespaced_job("python-ending", job("one")))
    assert "NamespaceTerminating" in [cause["reason"] for cause in body["details"]["causes"]], body
    core.patch_namespaced_config_map("held", "python-ending", {"metadata": {"finalizers": None}})

    # A Job whose pods are refused says so in its events, and only there.
    owner = batch.create_namespaced_job("python-pods", job("silent"))
    selector = f"involvedObject.uid={owner.metadata.uid}"

    def events():
        return core.list_namespaced_event("python-pods", field_selector=selector, limit=50).items

    wait_for("an event says why there are no pods", lambda: any(event.reason == "FailedCreate" for event in events()))
    assert all(event.involved_object.uid == owner.metadata.uid for event in events())
    assert any("exceeded quota: small" in event.message for event in events())
    expect_status(400, "BadRequest", lambda: core.list_namespaced_event("python-pods", field_selector="color=red"))
    if is_real:
        admission = client.AdmissionregistrationV1Api(api)
        admission.delete_validating_admission_policy_binding("sunday")
        admission.delete_validating_admission_policy("sunday")
    for name in ["jobs", "pods", "limits", "policy", "strict"]:
        core.delete_namespace(f"python-{name}")


def main():
    config.load_kube_config(config_file=sys.argv[1])
    is_real = "--real" in sys.argv[2:]
    api = client.ApiClient()
    core, batch = client.CoreV1Api(api), client.BatchV1Api(api)
    assert client.VersionApi(api).get_code().git_version.startswith("v1.")
    for name, check, needs_operator in [
        ("namespaces", lambda: check_namespaces(core), False),
        ("jobs", lambda: check_jobs(core, batch), True),
        ("apply", lambda: check_apply(api), True),
        ("custom objects", lambda: check_custom_objects(api), True),
        ("pages", lambda: check_pages(core), False),
        ("refusals", lambda: check_refusals(api, core, batch, is_real), False),
    ]:
        if is_real and needs_operator:
            continue
        check()
        print("passed:", name, flush=True)
    core.delete_namespace(NAMESPACE)


main()

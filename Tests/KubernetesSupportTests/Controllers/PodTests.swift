import KubernetesSupport
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct PodTests {
    private func pod(_ cluster: TestCluster, is condition: @Sendable (JSONTree) -> Bool) async throws -> JSONTree {
        try await firstValue("the pod is so") {
            let pod = await cluster.object("pods", "team-a", "one")
            return pod.map(condition) == true ? pod : nil
        }
    }

    @Test
    func `an image that can't be had is waited for, and said in words`() async throws {
        try await withCluster(behaviour: { _ in .cannotPull(message: "no such host") }) { cluster, client in
            try await client.send("POST", Manifest.pods, Manifest.pod("one"))
            let waiting = try await pod(cluster) {
                $0.status.containerStatuses[0].state.waiting.reason == "ImagePullBackOff"
            }
            #expect(waiting.status.phase == "Pending")
            #expect(waiting.spec.nodeName == "node-1")
            let log = try await client.get("\(Manifest.pods)/one/log")
            #expect(log.code == 400)
            #expect(log.json.message == "container \"tensorflow\" in pod \"one\" is waiting to start: ImagePullBackOff")
        }
    }

    @Test
    func `a pod for which no machine has room says why`() async throws {
        let why = "0/1 nodes are available: 1 Insufficient nvidia.com/gpu."
        try await withCluster(behaviour: { _ in .unschedulable(message: why) }) { cluster, client in
            try await client.send("POST", Manifest.pods, Manifest.pod("one"))
            let pending = try await pod(cluster) { !$0.status.conditions.elements.isEmpty }
            let condition = pending.status.conditions[0]
            #expect(condition.type == "PodScheduled" && condition.status == "False")
            #expect(condition.reason == "Unschedulable" && condition.message.text == why)
            #expect(pending.spec.nodeName.isNull)
            try await client.send("DELETE", "\(Manifest.pods)/one")
            #expect(await cluster.object("pods", "team-a", "one") == nil, "nobody has to end it")
        }
    }

    @Test
    func `a pod runs a command of this machine, and its output is the log`() async throws {
        try await withCluster(behaviour: { _ in .runsCommand }) { cluster, client in
            let script = "import os, sys; print('hello', os.environ['WHO']); print('more'); sys.exit(7)"
            let manifest = Manifest.pod("one") { pod in
                pod.spec.containers = [
                    [
                        "name": "tensorflow", "image": "a", "command": ["python3"],
                        "args": ["-c", .string(script)], "env": [["name": "WHO", "value": "world"]],
                    ]
                ]
            }
            try await client.send("POST", Manifest.pods, manifest)
            let ended = try await pod(cluster) { $0.status.phase == "Failed" }
            #expect(ended.status.containerStatuses[0].state.terminated.exitCode == 7)
            #expect(try await client.get("\(Manifest.pods)/one/log").text == "hello world\nmore\n")
            #expect(try await client.get("\(Manifest.pods)/one/log?tailLines=1").text == "more\n")
        }
    }

    @Test
    func `a command finds its variables, fields of its pod and what is written with dollars`() async throws {
        try await withCluster(behaviour: { _ in .runsCommand }) { cluster, client in
            let field: JSONTree = ["fieldRef": ["fieldPath": "metadata.labels['who']"]]
            let manifest = Manifest.pod("one") { pod in
                pod.metadata.labels = ["who": "ann"]
                pod.spec.containers = [
                    [
                        "name": "tensorflow", "image": "a",
                        "command": ["python3", "-c", "import sys; print(sys.argv[1:])"],
                        "args": ["$(WHO)", "$(BOTH)", "$$(WHO)", "$(NONE)", "$(A$(WHO))", "$"],
                        "env": [
                            ["name": "WHO", "valueFrom": field], ["name": "BOTH", "value": "$(WHO) and $$"],
                        ],
                    ]
                ]
            }
            try await client.send("POST", Manifest.pods, manifest)
            _ = try await pod(cluster) { $0.status.phase == "Succeeded" }
            let log = try await client.get("\(Manifest.pods)/one/log").text
            #expect(log == "['ann', 'ann and $', '$(WHO)', '$(NONE)', '$(A$(WHO))', '$']\n")
        }
    }

    @Test
    func `a command is ended with its pod`() async throws {
        try await withCluster(behaviour: { _ in .runsCommand }) { cluster, client in
            let manifest = Manifest.pod("one") { pod in
                pod.spec.containers = [
                    ["name": "tensorflow", "image": "a", "command": ["sh", "-c", "echo $$$$; exec sleep 600"]]
                ]
            }
            try await client.send("POST", Manifest.pods, manifest)
            let pid = try await firstValue("the command says who it is") {
                let text = try await client.get("\(Manifest.pods)/one/log").text
                return Int(text.trimmingPrefix(" ").prefix { $0.isNumber })
            }
            try await client.send("DELETE", "\(Manifest.pods)/one")
            try await eventually("the command is gone") { !ProcessList.has(pid) }
        }
    }

    @Test
    func `a log is followed to its end, also while it grows`() async throws {
        try await withCluster(behaviour: { _ in .runsUntilFinished }) { cluster, client in
            try await client.send("POST", Manifest.pods, Manifest.pod("one"))
            let running = try await pod(cluster) { $0.status.phase == "Running" }
            cluster.kubelet.print("first", of: running)
            cluster.kubelet.print("second", of: running)
            try await client.stream("\(Manifest.pods)/one/log?follow=true&tailLines=1") { lines in
                var heard = [try await lines.next()]
                cluster.kubelet.print("third", of: running)
                heard.append(try await lines.next())
                cluster.kubelet.finish(running, code: 0)
                heard.append(try await lines.next())
                #expect(heard == ["second", "third", nil])
            }
            _ = try await pod(cluster) { $0.status.phase == "Succeeded" }
        }
    }

    @Test
    func `an init container that fails fails the pod, and each container has its log`() async throws {
        try await withCluster(behaviour: { _ in .initFails(code: 128, output: ["fatal: no such commit"]) }) {
            cluster,
            client in
            let manifest = Manifest.pod("one") { $0.spec.initContainers = [["name": "code", "image": "git"]] }
            try await client.send("POST", Manifest.pods, manifest)
            let failed = try await pod(cluster) { $0.status.phase == "Failed" }
            #expect(failed.status.initContainerStatuses[0].state.terminated.exitCode == 128)
            #expect(failed.status.containerStatuses[0].state.waiting.reason == "ContainerCreating")
            #expect(try await client.get("\(Manifest.pods)/one/log?container=code").text == "fatal: no such commit\n")
            #expect(try await client.get("\(Manifest.pods)/one/log?container=none").code == 400)
        }
    }
}

import Foundation
import KubernetesSupport
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct DeletionTests {
    private func options(_ propagation: String, uid: JSONTree? = nil) -> JSONTree {
        var options: JSONTree = [
            "kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": .string(propagation),
        ]
        if let uid { options.preconditions.uid = uid }
        return options
    }

    private func isGone(_ cluster: TestCluster, _ resource: String, _ name: String) async throws {
        try await eventually("\(name) is gone") { await cluster.object(resource, "team-a", name) == nil }
    }

    @Test
    func `a delete of another object of the name, or of another state, is a conflict`() async throws {
        try await withCluster { cluster, client in
            try await client.send("POST", Manifest.tfJobs, Manifest.tfJob("one"))
            let wrong = try await client.send(
                "DELETE",
                "\(Manifest.tfJobs)/one",
                options("Foreground", uid: "00000000-0000-0000-0000-000000000000")
            )
            #expect(wrong.code == 409)
            #expect(wrong.json.message.text?.contains("the UID in the precondition") == true)
            let stale = try await client.send(
                "DELETE",
                "\(Manifest.tfJobs)/one",
                ["preconditions": ["resourceVersion": "1"]]
            )
            #expect(stale.code == 409)
            let uid = try #require(await cluster.object("tfjobs.kubeflow.org", "team-a", "one")).metadata.uid
            #expect(
                try await client.send("DELETE", "\(Manifest.tfJobs)/one", options("Background", uid: uid)).code == 200
            )
            try await isGone(cluster, "tfjobs.kubeflow.org", "one")
            #expect(try await client.send("DELETE", "\(Manifest.tfJobs)/one").code == 404)
        }
    }

    @Test
    func `a foreground deletion keeps the owner until its pods are gone`() async throws {
        try await withCluster { cluster, client in
            try await client.send("POST", Manifest.tfJobs, Manifest.tfJob("one", ["Worker": 2]))
            try await eventually("two pods run") {
                await cluster.objects("pods").count { $0.status.phase == "Running" } == 2
            }
            let version = try await client.get(Manifest.tfJobs).json.metadata.resourceVersion.text ?? ""
            let answer = try await client.send("DELETE", "\(Manifest.tfJobs)/one", options("Foreground"))
            #expect(answer.code == 200)
            #expect(answer.json.metadata.finalizers == ["foregroundDeletion"])
            #expect(!answer.json.metadata.deletionTimestamp.isNull)
            #expect(answer.json.metadata.generation == 2)
            try await isGone(cluster, "tfjobs.kubeflow.org", "one")
            #expect(await cluster.objects("pods").isEmpty)
            #expect(await cluster.objects("services").isEmpty)
            // The order in which they went, as a watch of both would have seen it.
            let pods = try await client.stream(
                "\(Manifest.pods)?watch=true&resourceVersion=\(version)&timeoutSeconds=1"
            ) { lines in
                var ends: [Int] = []
                while let event = try await lines.event() {
                    if event.type == "DELETED" {
                        ends.append(event.object.metadata.resourceVersion.text.flatMap(Int.init) ?? 0)
                    }
                }
                return ends
            }
            let job = try await client.stream(
                "\(Manifest.tfJobs)?watch=true&resourceVersion=\(version)&timeoutSeconds=1"
            ) { lines in
                while let event = try await lines.event() {
                    if event.type == "DELETED" {
                        return event.object.metadata.resourceVersion.text.flatMap(Int.init) ?? 0
                    }
                }
                return 0
            }
            #expect(pods.count == 2)
            #expect(pods.allSatisfy { $0 < job })
        }
    }

    @Test
    func `an owner in the foreground has what owns others itself go in the foreground too`() async throws {
        try await withCluster { cluster, client in
            let owner = try await client.send("POST", "/api/v1/namespaces/team-a/configmaps", Manifest.configMap("top"))
            let job = Manifest.job("one") { job in
                job.metadata.ownerReferences = [
                    [
                        "apiVersion": "v1", "kind": "ConfigMap", "name": "top", "uid": owner.json.metadata.uid,
                        "blockOwnerDeletion": true,
                    ]
                ]
            }
            try await client.send("POST", Manifest.jobs, job)
            let pod = try await firstValue("its pod runs") {
                await cluster.objects("pods").first { $0.status.phase == "Running" }
            }
            await cluster.edit("pods", "team-a", pod.metadata.name.text ?? "") { pod in
                pod.metadata.finalizers = .array(pod.metadata.finalizers.elements + ["test/hold"])
            }
            try await client.send(
                "DELETE",
                "/api/v1/namespaces/team-a/configmaps/top",
                ["propagationPolicy": "Foreground"]
            )
            try await eventually("the pod is being deleted") {
                await cluster.objects("pods").first?.metadata.deletionTimestamp.text != nil
            }
            #expect(
                await cluster.object("jobs.batch", "team-a", "one")?.metadata.finalizers.elements
                    .contains("foregroundDeletion") == true
            )
            #expect(await cluster.object("configmaps", "team-a", "top") != nil)
            await cluster.edit("pods", "team-a", pod.metadata.name.text ?? "") { pod in
                pod.metadata.finalizers = .array(pod.metadata.finalizers.elements.filter { $0 != "test/hold" })
            }
            try await eventually("all is gone") {
                let (pods, jobs) = (await cluster.objects("pods"), await cluster.objects("jobs.batch"))
                let top = await cluster.object("configmaps", "team-a", "top")
                return pods.isEmpty && jobs.isEmpty && top == nil
            }
        }
    }

    @Test
    func `a background deletion takes the owner at once and its dependents behind it`() async throws {
        try await withCluster { cluster, client in
            try await client.send("POST", Manifest.tfJobs, Manifest.tfJob("one"))
            try await eventually("a pod runs") { await cluster.objects("pods").first?.status.phase == "Running" }
            let answer = try await client.send("DELETE", "\(Manifest.tfJobs)/one")
            #expect(answer.json.status == "Success")
            #expect(answer.json.details.kind == "tfjobs")
            #expect(await cluster.object("tfjobs.kubeflow.org", "team-a", "one") == nil)
            try await eventually("the pod is gone") { await cluster.objects("pods").isEmpty }
        }
    }

    @Test
    func `a Job's pods are left where the client does not say what becomes of them`() async throws {
        try await withCluster { cluster, client in
            try await client.send("POST", Manifest.jobs, Manifest.job("one"))
            try await eventually("a pod runs") { await cluster.objects("pods").first?.status.phase == "Running" }
            try await client.send("DELETE", "\(Manifest.jobs)/one")
            try await isGone(cluster, "jobs.batch", "one")
            let pod = try #require(await cluster.objects("pods").first)
            #expect(pod.metadata.ownerReferences.elements.isEmpty)
            #expect(pod.status.phase == "Running")
        }
    }

    @Test
    func `an object with a finalizer stays until it is taken away, and gets no new one`() async throws {
        try await withCluster { cluster, client in
            let path = "/api/v1/namespaces/team-a/configmaps"
            var map = Manifest.configMap("one")
            map.metadata.finalizers = ["example.org/hold"]
            try await client.send("POST", path, map)
            let answer = try await client.send("DELETE", "\(path)/one")
            #expect(answer.json.kind == "ConfigMap")
            let more = try await client.merge(
                "\(path)/one",
                ["metadata": ["finalizers": ["example.org/hold", "example.org/more"]]]
            )
            #expect(more.code == 422)
            #expect(await cluster.object("configmaps", "team-a", "one") != nil)
            #expect(try await client.merge("\(path)/one", ["metadata": ["finalizers": .null]]).code == 200)
            #expect(await cluster.object("configmaps", "team-a", "one") == nil)
        }
    }

    @Test
    func `a pod that is deleted is seen to end before it goes`() async throws {
        try await withCluster { cluster, client in
            try await client.send("POST", Manifest.pods, Manifest.pod("one"))
            try await eventually("it runs") { await cluster.objects("pods").first?.status.phase == "Running" }
            try await client.stream("\(Manifest.pods)?watch=true") { lines in
                _ = try await lines.event()
                let answer = try await client.send("DELETE", "\(Manifest.pods)/one")
                #expect(answer.json.metadata.deletionGracePeriodSeconds == 30)
                // It is to be over by then, and was not begun to be deleted then.
                let end = try Date(answer.json.metadata.deletionTimestamp.text ?? "", strategy: .iso8601)
                #expect((15...30).contains(end.timeIntervalSinceNow))
                var phases: [String] = []
                while let event = try await lines.event(), event.type != "DELETED" {
                    #expect(!event.object.metadata.deletionTimestamp.isNull)
                    phases.append(event.object.status.phase.text ?? "")
                }
                #expect(phases == ["Running", "Failed"])
            }
            try await client.send("POST", Manifest.pods, Manifest.pod("two"))
            try await eventually("it runs") { await cluster.objects("pods").first?.status.phase == "Running" }
            let answer = try await client.send("DELETE", "\(Manifest.pods)/two?gracePeriodSeconds=-1")
            #expect(answer.json.metadata.deletionGracePeriodSeconds == 1)
        }
    }

    @Test
    func `a namespace that is deleted is emptied first and takes nothing new`() async throws {
        try await withCluster { cluster, client in
            var map = Manifest.configMap("held")
            map.metadata.finalizers = ["example.org/hold"]
            try await client.send("POST", "/api/v1/namespaces/team-a/configmaps", map)
            try await client.send("POST", Manifest.jobs, Manifest.job("one"))
            let answer = try await client.send("DELETE", "/api/v1/namespaces/team-a")
            #expect(answer.json.status.phase == "Terminating")
            let refused = try await client.send("POST", Manifest.jobs, Manifest.job("two"))
            #expect(refused.code == 403)
            #expect(refused.json.details.causes[0].reason == "NamespaceTerminating")
            try await isGone(cluster, "jobs.batch", "one")
            _ = try await client.merge(
                "/api/v1/namespaces/team-a/configmaps/held",
                ["metadata": ["finalizers": .null]]
            )
            try await eventually("the namespace is gone") {
                try await client.get("/api/v1/namespaces/team-a").code == 404
            }
        }
    }
}

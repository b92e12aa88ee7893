import KubernetesSupport
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct TFJobTests {
    private func job(_ cluster: TestCluster, has condition: String) async throws -> JSONTree {
        try await firstValue("the job is \(condition)") {
            let job = await cluster.object("tfjobs.kubeflow.org", "team-a", "one")
            return job?.trueConditions.contains(condition) == true ? job : nil
        }
    }

    @Test
    func `a job runs one pod and one service for each replica, and says so`() async throws {
        try await withCluster { cluster, client in
            try await client.send("POST", Manifest.tfJobs, Manifest.tfJob("one", ["Worker": 2, "PS": 1]))
            let running = try await job(cluster, has: "Running")
            #expect(running.trueConditions == ["Created", "Running"])
            try await eventually("all are counted") {
                await cluster.object("tfjobs.kubeflow.org", "team-a", "one")?.status.replicaStatuses
                    == ["PS": ["active": 1], "Worker": ["active": 2]]
            }
            #expect(
                await cluster.objects("pods").compactMap(\.metadata.name.text) == [
                    "one-ps-0", "one-worker-0", "one-worker-1",
                ]
            )
            #expect(await cluster.objects("services").count == 3)
            let pod = try #require(await cluster.object("pods", "team-a", "one-worker-1"))
            #expect(pod.metadata.labels["training.kubeflow.org/replica-index"] == "1")
            #expect(pod.metadata.ownerReferences[0].kind == "TFJob")
            let configuration = try #require(pod.spec.containers[0].env.elements.first { $0.name == "TF_CONFIG" })
            let value = try JSONTree(json: configuration.value.text ?? "")
            #expect(value.task == ["type": "worker", "index": 1])
            #expect(value.cluster.ps == ["one-ps-0.team-a.svc:2222"])
        }
    }

    @Test
    func `worker 0 decides, and what runs still is ended by the policy`() async throws {
        try await withCluster(behaviour: { $0.name == "one-worker-0" ? .exits(code: 0) : .runs }) { cluster, client in
            try await client.send("POST", Manifest.tfJobs, Manifest.tfJob("one", ["Worker": 2]))
            let done = try await job(cluster, has: "Succeeded")
            #expect(!done.status.completionTime.isNull)
            try await eventually("what ran is gone") {
                await cluster.objects("pods").compactMap(\.metadata.name.text) == ["one-worker-0"]
            }
        }
    }

    @Test
    func `a replica that fails fails the job, and one that may be restarted does not`() async throws {
        try await withCluster(behaviour: { .exits(code: $0.attempt == 0 ? 3 : 0) }) { cluster, client in
            try await client.send("POST", Manifest.tfJobs, Manifest.tfJob("one"))
            let failed = try await job(cluster, has: "Failed")
            #expect(failed.status.replicaStatuses == ["Worker": ["failed": 1]])
            #expect(
                failed.status.conditions.elements.last?.message
                    == "TFJob team-a/one has failed because 1 Worker replica(s) failed."
            )
            try await client.send("DELETE", "\(Manifest.tfJobs)/one")
            let restartable = Manifest.tfJob("one") { job in
                job.spec.tfReplicaSpecs.Worker.restartPolicy = "OnFailure"
                job.spec.runPolicy.backoffLimit = 3
            }
            try await eventually("the first is gone") { await cluster.objects("pods").isEmpty }
            try await client.send("POST", Manifest.tfJobs, restartable)
            _ = try await job(cluster, has: "Succeeded")
            let pod = try #require(await cluster.objects("pods").first)
            #expect(pod.status.containerStatuses[0].restartCount == 1)
        }
    }

    @Test
    func `by the policy ExitCode a pod of 128 and more is made anew, and one below fails the job`() async throws {
        let attempts = Attempts()
        try await withCluster(behaviour: { _ in .exits(code: attempts.next() == 1 ? 137 : 2) }) { cluster, client in
            let job = Manifest.tfJob("one") { $0.spec.tfReplicaSpecs.Worker.restartPolicy = "ExitCode" }
            try await client.send("POST", Manifest.tfJobs, job)
            _ = try await self.job(cluster, has: "Failed")
            #expect(cluster.kubelet.starts.count == 2)
        }
    }

    @Test
    func `too many restarts fail the job`() async throws {
        try await withCluster(behaviour: { $0.attempt < 2 ? .exits(code: 1) : .runs }) { cluster, client in
            let job = Manifest.tfJob("one") { job in
                job.spec.tfReplicaSpecs.Worker.restartPolicy = "OnFailure"
                job.spec.runPolicy.backoffLimit = 2
            }
            try await client.send("POST", Manifest.tfJobs, job)
            let failed = try await self.job(cluster, has: "Failed")
            #expect(failed.status.conditions.elements.last?.message.text?.contains("backoff limit") == true)
            try await eventually("no pod is left") { await cluster.objects("pods").isEmpty }
        }
    }

    @Test
    func `a suspended job has no pods until it is resumed`() async throws {
        try await withCluster { cluster, client in
            try await client.send("POST", Manifest.tfJobs, Manifest.tfJob("one"))
            _ = try await job(cluster, has: "Running")
            _ = try await client.merge("\(Manifest.tfJobs)/one", ["spec": ["runPolicy": ["suspend": true]]])
            let suspended = try await job(cluster, has: "Suspended")
            #expect(!suspended.trueConditions.contains("Running"))
            try await eventually("no pod is left") { await cluster.objects("pods").isEmpty }
            _ = try await client.merge("\(Manifest.tfJobs)/one", ["spec": ["runPolicy": ["suspend": false]]])
            _ = try await job(cluster, has: "Running")
            #expect(cluster.kubelet.starts.count == 2)
        }
    }

    @Test
    func `a job past its deadline fails, and one past its time to live goes`() async throws {
        try await withCluster { cluster, client in
            let job = Manifest.tfJob("one") { job in
                job.spec.runPolicy.activeDeadlineSeconds = 1
                job.spec.runPolicy.ttlSecondsAfterFinished = 1
            }
            try await client.send("POST", Manifest.tfJobs, job)
            let failed = try await self.job(cluster, has: "Failed")
            #expect(failed.status.conditions.elements.last?.message.text?.contains("deadline") == true)
            try await eventually("the job is gone") {
                await cluster.object("tfjobs.kubeflow.org", "team-a", "one") == nil
            }
        }
    }
}

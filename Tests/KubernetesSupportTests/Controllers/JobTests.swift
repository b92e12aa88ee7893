import KubernetesSupport
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct JobTests {
    private func job(_ cluster: TestCluster, has condition: String) async throws -> JSONTree {
        try await firstValue("the job is \(condition)") {
            let job = await cluster.object("jobs.batch", "team-a", "one")
            return job?.trueConditions.contains(condition) == true ? job : nil
        }
    }

    @Test
    func `an indexed job runs a pod for each index, and is complete with all of them`() async throws {
        try await withCluster(behaviour: { _ in .exits(code: 0) }) { cluster, client in
            try await client.send("POST", Manifest.jobs, Manifest.job("one", completions: 3))
            let done = try await job(cluster, has: "Complete")
            #expect(done.status.succeeded == 3)
            #expect(done.status.completedIndexes == "0-2")
            #expect(done.status["active"] == nil)
            let pods = await cluster.objects("pods")
            #expect(pods.count == 3)
            let indexes = pods.compactMap { $0.metadata.annotations["batch.kubernetes.io/job-completion-index"]?.text }
            #expect(Set(indexes) == ["0", "1", "2"])
            #expect(pods.allSatisfy { $0.metadata.name.text?.wholeMatch(of: /one-[0-2]-[a-z0-9]{5}/) != nil })
            #expect(pods.allSatisfy { $0.metadata.finalizers.elements.isEmpty }, "all are counted")
            #expect(pods[0].spec.hostname == "one-0")
        }
    }

    @Test
    func `a failure beyond the limit fails the job and ends the others`() async throws {
        try await withCluster(behaviour: { $0.name.hasPrefix("one-0") ? .exits(code: 4) : .runs }) { cluster, client in
            try await client.send("POST", Manifest.jobs, Manifest.job("one", completions: 2))
            let failed = try await job(cluster, has: "Failed")
            #expect(failed.status.conditions.elements.last?.reason == "BackoffLimitExceeded")
            try await eventually("the other pod is gone") { await cluster.objects("pods").count == 1 }
        }
    }

    @Test
    func `a failed pod is made anew within the limit`() async throws {
        let attempts = Attempts()
        try await withCluster(behaviour: { _ in .exits(code: attempts.next() == 1 ? 1 : 0) }) { cluster, client in
            try await client.send("POST", Manifest.jobs, Manifest.job("one") { $0.spec.backoffLimit = 2 })
            let done = try await job(cluster, has: "Complete")
            #expect(done.status.failed == 1)
            #expect(await cluster.objects("pods").count == 2)
        }
    }

    @Test
    func `a failure policy fails the job at a code, whatever the limit`() async throws {
        try await withCluster(behaviour: { _ in .exits(code: 42) }) { cluster, client in
            let job = Manifest.job("one") { job in
                job.spec.backoffLimit = 6
                job.spec.podFailurePolicy.rules = [
                    ["action": "FailJob", "onExitCodes": ["operator": "In", "values": [42]]]
                ]
            }
            try await client.send("POST", Manifest.jobs, job)
            let failed = try await self.job(cluster, has: "Failed")
            #expect(failed.status.conditions.elements.last?.reason == "PodFailurePolicy")
            #expect(cluster.kubelet.starts.count == 1)
        }
    }

    @Test
    func `a job has failed only when the pods that were up have ended, and they count`() async throws {
        try await withCluster(behaviour: { $0.name.hasPrefix("one-0") ? .exits(code: 4) : .runs }) { cluster, client in
            try await client.send(
                "POST",
                Manifest.jobs,
                Manifest.job("one", completions: 2) { $0.spec.template.metadata.finalizers = ["test/hold"] }
            )
            _ = try await job(cluster, has: "FailureTarget")
            let failed = try await job(cluster, has: "Failed")
            #expect(failed.status.conditions.elements.map(\.type.text) == ["FailureTarget", "Failed"])
            #expect(failed.status.failed == 2)
            #expect(await cluster.objects("pods").allSatisfy { $0.status.phase == "Failed" })
        }
    }

    @Test
    func `a pod that somebody deletes has failed at once, one that is suspended has not`() async throws {
        try await withCluster { cluster, client in
            try await client.send("POST", Manifest.jobs, Manifest.job("one") { $0.spec.backoffLimit = 6 })
            let pod = try await firstValue("its pod runs") {
                await cluster.objects("pods").first { $0.status.phase == "Running" }
            }
            await cluster.discard("pods", "team-a", pod.metadata.name.text ?? "")
            try await eventually("it counts") {
                await cluster.object("jobs.batch", "team-a", "one")?.status.failed == 1
            }
            _ = try await client.merge("\(Manifest.jobs)/one", ["spec": ["suspend": true]])
            try await eventually("its pods are gone") { await cluster.objects("pods").isEmpty }
            let suspended = try await job(cluster, has: "Suspended")
            #expect(suspended.status.failed == 1)
            #expect(suspended.status.startTime != .null)
        }
    }

    @Test
    func `a success policy completes the job with the index that it names`() async throws {
        try await withCluster(behaviour: { $0.name.hasPrefix("one-0") ? .exits(code: 0) : .runs }) { cluster, client in
            let job = Manifest.job("one", completions: 2) { $0.spec.successPolicy.rules = [["succeededIndexes": "0"]] }
            try await client.send("POST", Manifest.jobs, job)
            _ = try await self.job(cluster, has: "Complete")
            try await eventually("the other pod is gone") { await cluster.objects("pods").count == 1 }
        }
    }

    @Test
    func `a suspended job has no pods, a deadline fails it, and its time to live takes it away`() async throws {
        try await withCluster { cluster, client in
            let job = Manifest.job("one") { job in
                job.spec.suspend = true
                job.spec.activeDeadlineSeconds = 1
                job.spec.ttlSecondsAfterFinished = 1
            }
            try await client.send("POST", Manifest.jobs, job)
            _ = try await self.job(cluster, has: "Suspended")
            #expect(await cluster.objects("pods").isEmpty)
            _ = try await client.merge("\(Manifest.jobs)/one", ["spec": ["suspend": false]])
            let failed = try await self.job(cluster, has: "Failed")
            #expect(failed.status.conditions.elements.last?.reason == "DeadlineExceeded")
            try await eventually("the job is gone") { await cluster.object("jobs.batch", "team-a", "one") == nil }
            try await eventually("its pod is gone") { await cluster.objects("pods").isEmpty }
        }
    }
}

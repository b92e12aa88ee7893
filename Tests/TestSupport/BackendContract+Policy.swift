import Jobs

extension BackendContract {
    /// The rules of the run policy, by name.
    package static let policyRules: [Rule] = [
        ("an exit code that may not be retried ends the run at once", { try await $0.finalCode() }),
        (
            "backoffLimit ends the restarts of a retryable exit code, or the status says that it doesn't",
            { try await $0.backoffLimit() }
        ),
        ("retryExitCodes are retried, or the status says that they aren't", { try await $0.retryExitCodes() }),
        ("a run ends at its active deadline, and says so", { try await $0.activeDeadline() }),
        ("a resumed run has no restart", { try await $0.resumedRun() }),
        ("worker 0 decides over success, and the others are ended", { try await $0.successOfFirst() }),
        ("with AllWorkers every worker must succeed", { try await $0.allWorkers() }),
        ("a parameter server is ended when the chief is done", { try await $0.parameterServer() }),
        ("the first failure is named, and its peers are ended", { try await $0.firstFailure() }),
        ("a run that hangs ends, or the status says that progress isn't watched", { try await $0.progress() }),
    ]

    /// A job with one policy for all replicas.
    private func job(
        _ behaviour: Behaviour,
        _ replicas: [(ReplicaType, Int)],
        _ restartPolicy: RestartPolicy,
        _ change: (inout RunPolicy) -> Void = { _ in }
    ) -> Job {
        var job = job(behaviour, replicas)
        for index in job.replicas.indices {
            job.replicas[index].restartPolicy = restartPolicy
        }
        var policy = RunPolicy()
        // The jobs of this suite have nothing to save.
        policy.gracePeriodSeconds = 1
        change(&policy)
        job.runPolicy = policy
        return job
    }

    private func expectNothingRuns(_ run: RunID) async throws {
        try await eventually("no replica of \(run) runs", within: Self.patience) {
            try await backend.observe(run)?.status.replicas.contains { $0.state == .running } == false
        }
    }

    private func restarts(_ status: RunStatus) -> Int { status.replicas.map(\.restartCount).max() ?? 0 }

    private func finalCode() async throws {
        let request = request("final", job(.exit(code: 1), [(.worker, 1)], .exitCode))
        try await backend.start(request)
        let status = try await wait(request.id, for: .failed)
        try expect(restarts(status) == 0, "code 1 isn't retried under ExitCode")
        try expect(try await starts(request.id) == 1, "it started once")
    }

    private func backoffLimit() async throws {
        let request = request("limit", job(.exit(code: 130), [(.worker, 1)], .exitCode) { $0.backoffLimit = 1 })
        try await backend.start(request)
        let status = try await firstValue("it fails, or says that restarts aren't counted", within: Self.patience) {
            let status = try await backend.observe(request.id)?.status
            return status?.phase.isFinal == true || status?.reason == "RestartsAreNotCounted" ? status : nil
        }
        guard status.reason != "RestartsAreNotCounted" else { return try await backend.stop(request.id) }
        try expect(status.reason == "BackoffLimitExceeded", "the reason is BackoffLimitExceeded, not \(status.reason)")
        try expect(status.replicas[0].exitCode == 130, "the last code is kept")
        let starts = try await starts(request.id)
        try expect(starts == 2, "one restart is allowed, so it starts twice, not \(starts) times")
    }

    private func retryExitCodes() async throws {
        let job = job(.exit(code: 7), [(.worker, 1)], .exitCode) { policy in
            (policy.backoffLimit, policy.retryExitCodes) = (1, [7])
        }
        let request = request("codes", job)
        try await backend.start(request)
        let reason = try await firstValue("it ends, or says that the code isn't retried", within: Self.patience) {
            let status = try await backend.observe(request.id)?.status
            return status?.phase.isFinal == true || status?.reason == "ExitCodesAreNotRetried" ? status?.reason : nil
        }
        guard reason != "ExitCodesAreNotRetried" else { return try await backend.stop(request.id) }
        try expect(try await starts(request.id) == 2, "code 7 is retried once")
    }

    private func activeDeadline() async throws {
        let request = request("deadline", job(.runForever, [(.worker, 1)], .never) { $0.activeDeadlineSeconds = 2 })
        try await backend.start(request)
        let status = try await wait(request.id, for: .failed)
        try expect(status.reason == "DeadlineExceeded", "the reason is DeadlineExceeded, not \(status.reason)")
        try await expectNothingRuns(request.id)
    }

    private func resumedRun() async throws {
        let request = request("resumed", job(.runForever, [(.worker, 2)], .onFailure))
        for _ in 0..<2 {
            try await backend.start(request)
            try await wait(request.id, for: .running)
            try await backend.stop(request.id)
        }
        try await backend.start(request)
        let status = try await wait(request.id, for: .running)
        try expect(restarts(status) == 0, "an ordered stop is no restart")
        try await backend.stop(request.id)
    }

    private func successOfFirst() async throws {
        let request = request("first", job(.firstExits(code: 0), [(.worker, 2)], .never))
        try await backend.start(request)
        try await wait(request.id, for: .succeeded)
        try await expectNothingRuns(request.id)
    }

    private func allWorkers() async throws {
        var job = job(.firstExits(code: 0), [(.worker, 2)], .never)
        job.successPolicy = .allWorkers
        let request = request("all", job)
        try await backend.start(request)
        try await eventually("worker 0 succeeded and worker 1 runs", within: Self.patience) {
            try await backend.observe(request.id)?.status.replicas.map(\.state) == [.succeeded, .running]
        }
        try expect(try await backend.observe(request.id)?.status.phase == .running, "one worker doesn't decide")
        try await backend.stop(request.id)
    }

    private func parameterServer() async throws {
        let request = request("servers", job(.firstExits(code: 0), [(.chief, 1), (.ps, 1)], .never))
        try await backend.start(request)
        try await wait(request.id, for: .succeeded)
        try await expectNothingRuns(request.id)
    }

    private func firstFailure() async throws {
        let request = request("culprit", job(.firstExits(code: 3), [(.worker, 2)], .never))
        try await backend.start(request)
        let status = try await wait(request.id, for: .failed)
        try expect(status.message.contains("worker-0"), "the message names worker-0: \(status.message)")
        try await expectNothingRuns(request.id)
    }

    private func progress() async throws {
        let request = request("hang", job(.runForever, [(.worker, 1)], .never) { $0.progressDeadlineSeconds = 2 })
        try await backend.start(request)
        let reason = try await firstValue("it ends, or says that progress isn't watched", within: Self.patience) {
            let status = try await backend.observe(request.id)?.status
            return status?.phase == .failed || status?.reason == "ProgressIsNotWatched" ? status?.reason : nil
        }
        try expect(["NoProgress", "ProgressIsNotWatched"].contains(reason), "the reason is \(reason)")
        try await backend.stop(request.id)
    }
}

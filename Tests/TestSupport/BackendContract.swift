package import Jobs

/// What every backend has to do, whatever it runs on. A backend's tests hand in how to make one; the suite does the rest.
///
/// Each check throws ``ContractBroken`` with the rule that was broken.
package struct BackendContract: Sendable {
    /// The backend under test.
    package let backend: any Backend
    /// Makes a job whose replicas do what is asked.
    package let job: @Sendable (_ behaviour: Behaviour, _ replicas: [(ReplicaType, Int)]) -> Job
    /// Counts the starts of replicas of a run so far, by whatever the backend leaves behind.
    package let starts: @Sendable (_ run: RunID) async throws -> Int

    /// What a replica does once it runs.
    package enum Behaviour: Sendable, Equatable {
        case runForever
        case exit(code: Int)
        /// The first replica of each type exits, and the others run until they are stopped; so do parameter servers.
        case firstExits(code: Int)
    }

    /// A rule with its name.
    package typealias Rule = (name: String, check: @Sendable (BackendContract) async throws -> Void)

    /// How long a step may take that a cluster's controllers take. Generous: it is reached only where something is broken.
    static let patience = Duration.seconds(90)

    package init(
        backend: any Backend,
        job: @escaping @Sendable (_ behaviour: Behaviour, _ replicas: [(ReplicaType, Int)]) -> Job,
        starts: @escaping @Sendable (_ run: RunID) async throws -> Int
    ) {
        self.backend = backend
        self.job = job
        self.starts = starts
    }

    /// All rules, by name.
    package static let rules = basicRules + policyRules

    private static let basicRules: [Rule] = [
        ("a started run is observed as running, with each replica", { try await $0.startedRuns() }),
        ("a start that is repeated starts nothing twice", { try await $0.repeatedStart() }),
        ("a run whose replicas exit with 0 succeeds and keeps the codes", { try await $0.success() }),
        ("a run with a replica that fails fails and keeps the code", { try await $0.failure() }),
        ("a stopped run has nothing running and is not observed as finished", { try await $0.stop() }),
        ("a stop of what is not known, or was stopped, is no error", { try await $0.repeatedStop() }),
        ("a stopped run that is started again runs again", { try await $0.startAfterStop() }),
        ("a finished run that is started again stays finished", { try await $0.startAfterFinish() }),
        ("two runs of one job are two", { try await $0.twoRuns() }),
        ("an update is observed and touches no replica", { try await $0.update() }),
        ("an update of a finished run keeps its result", { try await $0.updateAfterFinish() }),
        ("an update of an unknown run is no error and starts nothing", { try await $0.updateOfUnknown() }),
        ("an unknown run is observed as nil", { try await $0.unknown() }),
    ]

    func request(_ id: String, run: Int = 1, _ job: Job) -> RunRequest {
        RunRequest(
            id: RunID(key: JobKey(cluster: "default", partition: "contract", id: id), number: run),
            job: job,
            commit: String(repeating: "a", count: 40),
            runCommit: String(repeating: "b", count: 40),
            codeFolder: nil
        )
    }

    @discardableResult
    func wait(_ run: RunID, for phase: Phase) async throws -> RunStatus {
        try await firstValue("\(run) is \(phase)", within: Self.patience) {
            let status = try await backend.observe(run)?.status
            return status?.phase == phase ? status : nil
        }
    }

    func expect(_ holds: Bool, _ rule: String) throws(ContractBroken) {
        guard holds else { throw ContractBroken(description: rule) }
    }

    private func startedRuns() async throws {
        let request = request("started", job(.runForever, [(.worker, 2)]))
        try await backend.start(request)
        let status = try await wait(request.id, for: .running)
        try expect(status.startTime != nil && status.completionTime == nil, "a running run has a start and no end")
        try await eventually("both replicas are running") {
            try await backend.observe(request.id)?.status.replicas.map(\.state) == [.running, .running]
        }
        let observation = try await backend.observe(request.id)
        try expect(observation?.commit == request.commit, "the commit of the file is kept")
        try expect(observation?.runCommit == request.runCommit, "the commit of the code is kept")
        let all = try await backend.observe()
        try expect(all.contains { $0.id == request.id && $0.job == request.job }, "the list has the run with its job")
        try await backend.stop(request.id)
    }

    private func repeatedStart() async throws {
        let request = request("repeated", job(.runForever, [(.worker, 1)]))
        try await backend.start(request)
        try await backend.start(request)
        try await wait(request.id, for: .running)
        try await backend.start(request)
        try await eventually("the replica noted its start") { try await starts(request.id) > 0 }
        try await backend.stop(request.id)
        try expect(try await starts(request.id) == 1, "three starts of one run start it once")
    }

    private func success() async throws {
        let request = request("success", job(.exit(code: 0), [(.chief, 1), (.worker, 1)]))
        try await backend.start(request)
        let status = try await wait(request.id, for: .succeeded)
        try expect(status.completionTime != nil, "a finished run has an end")
        try await eventually("both codes are kept") {
            try await backend.observe(request.id)?.status.replicas.map(\.exitCode) == [0, 0]
        }
        try await backend.stop(request.id)
        try await wait(request.id, for: .succeeded)
    }

    private func failure() async throws {
        let request = request("failure", job(.exit(code: 3), [(.worker, 1)]))
        try await backend.start(request)
        let status = try await wait(request.id, for: .failed)
        try expect(status.replicas[0].exitCode == 3, "the code is kept")
        try expect(status.replicas[0].state == .failed, "the replica failed")
        try expect(!status.reason.isEmpty && !status.message.isEmpty, "a failure says why")
    }

    private func stop() async throws {
        let request = request("stopped", job(.runForever, [(.worker, 2)]))
        try await backend.start(request)
        try await wait(request.id, for: .running)
        try await backend.stop(request.id)
        let status = try await backend.observe(request.id)?.status
        try expect(status?.phase.isFinal != true, "a stopped run has not finished")
        try expect(status?.replicas.contains { $0.state == .running } != true, "no replica of it runs")
    }

    private func repeatedStop() async throws {
        try await backend.stop(request("nobody", job(.runForever, [(.worker, 1)])).id)
        let request = request("twice", job(.runForever, [(.worker, 1)]))
        try await backend.start(request)
        try await backend.stop(request.id)
        try await backend.stop(request.id)
    }

    private func startAfterStop() async throws {
        let request = request("again", job(.runForever, [(.worker, 1)]))
        try await backend.start(request)
        try await wait(request.id, for: .running)
        try await backend.stop(request.id)
        try await backend.start(request)
        try await wait(request.id, for: .running)
        try await backend.stop(request.id)
    }

    private func startAfterFinish() async throws {
        let request = request("finished", job(.exit(code: 0), [(.worker, 1)]))
        try await backend.start(request)
        try await wait(request.id, for: .succeeded)
        try await backend.start(request)
        try await wait(request.id, for: .succeeded)
        try expect(try await starts(request.id) == 1, "what finished is not run again")
    }

    private func twoRuns() async throws {
        let first = request("two", run: 1, job(.exit(code: 0), [(.worker, 1)]))
        let second = request("two", run: 2, job(.exit(code: 0), [(.worker, 1)]))
        try await backend.start(first)
        try await wait(first.id, for: .succeeded)
        try await backend.start(second)
        try await wait(second.id, for: .succeeded)
        try expect(try await starts(second.id) == 1, "the second run ran")
    }

    /// The same run after an in-place change of its job file, with another commit, run commit and code folder.
    private func changed(_ request: RunRequest) -> RunRequest {
        var job = request.job
        job.name = "renamed"
        job.description = "Changed in place"
        job.priority = 7
        job.dependsOn = ["other"]
        return RunRequest(
            id: request.id,
            job: job,
            commit: String(repeating: "c", count: 40),
            runCommit: String(repeating: "d", count: 40),
            codeFolder: "/nowhere",
            author: "other@example.org"
        )
    }

    private func expect(_ run: RunID, recordsAs change: RunRequest, _ runCommit: String) async throws {
        let one = try await backend.observe(run)
        let listed = try await backend.observe().first { $0.id == run }
        for observation in [one, listed] {
            try expect(observation?.job == change.job, "the new definition is recorded")
            try expect(observation?.commit == change.commit, "the new commit of the file is recorded")
            try expect(observation?.runCommit == runCommit, "the run keeps its commit")
        }
    }

    private func update() async throws {
        let request = request("updated", job(.runForever, [(.worker, 2)]))
        let change = changed(request)
        try await backend.start(request)
        try await wait(request.id, for: .running)
        try await eventually("both replicas noted their start") { try await starts(request.id) == 2 }
        for _ in 0..<2 {
            try await backend.update(change)
            try await expect(request.id, recordsAs: change, request.runCommit)
        }
        try await backend.start(change)
        try await wait(request.id, for: .running)
        try expect(
            try await backend.observe(request.id)?.status.replicas.map(\.restartCount) == [0, 0],
            "no replica is restarted"
        )
        try expect(try await starts(request.id) == 2, "no replica is started again")
        try await backend.stop(request.id)
    }

    private func updateAfterFinish() async throws {
        let request = request("updatedlate", job(.exit(code: 0), [(.worker, 1)]))
        try await backend.start(request)
        let before = try await wait(request.id, for: .succeeded)
        let change = changed(request)
        try await backend.update(change)
        try await expect(request.id, recordsAs: change, request.runCommit)
        let after = try await backend.observe(request.id)?.status
        try expect(after?.completionTime == before.completionTime, "the result is kept")
        try expect(try await starts(request.id) == 1, "what finished is not run again")
    }

    private func updateOfUnknown() async throws {
        let request = request("neverstarted", job(.runForever, [(.worker, 1)]))
        try await backend.update(request)
        try expect(try await backend.observe(request.id) == nil, "an update makes no run")
    }

    private func unknown() async throws {
        let id = request("unknown", job(.runForever, [(.worker, 1)])).id
        try expect(try await backend.observe(id) == nil, "what is not known is nil")
    }
}

/// A rule of the contract that a backend broke.
package struct ContractBroken: Error, CustomStringConvertible {
    package let description: String
}

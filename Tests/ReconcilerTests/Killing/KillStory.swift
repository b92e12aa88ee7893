import TestSupport

/// Two pushes, and what befalls the service between them: together they have every step that there is.
enum KillStory: CaseIterable {
    /// Every kind of change.
    case changes
    /// A run vanished from the backend before it ended.
    case vanished
    /// The journal is lost, and a job is deleted while nobody looks.
    case lostJournal
    /// The backend does not answer, and does so again.
    case outage

    private static let runs = JobVersion(identity: .init(args: ["run", "1"], rerun: 0))

    /// Both pushes.
    var history: PushHistory {
        var first: [String: JobVersion] = ["b": Self.runs, "d": Self.runs]
        var second = first
        switch self {
        case .changes:
            first["c"] = JobVersion(identity: .init(args: ["finish", "1"], rerun: 0))
            first["e"] = Self.runs
            first["f"] = Self.runs
            first["g"] = Self.runs
            first["g"]?.isSuspended = true
            second = first
            second["b"]?.identity.args = ["run", "2"]
            second["c"]?.identity.rerun = 1
            second["d"]?.isSuspended = true
            second["e"] = nil
            second["f"]?.priority = 1
            second["g"]?.isSuspended = false
            second["h"] = Self.runs
            second["h"]?.dependsOn = ["c"]
        case .vanished: second["d"]?.priority = 1
        case .lostJournal: second["d"] = nil
        case .outage: second["e"] = Self.runs
        }
        return PushHistory([first, second])
    }

    /// Lets it befall a service that is done with the first push and has not seen the second.
    func happen(to scene: KillScene) async throws {
        switch self {
        case .changes: return
        case .vanished: try scene.backend.remove(PushHistory.run("b", 1))
        case .lostJournal: try scene.loseJournal()
        case .outage: _ = try await scene.live(killedAt: .first("after write conclude"), faults: Self.firstCallFails)
        }
    }

    /// A seed by which the backend's first call does not come through.
    private static let firstCallFails: UInt64 = 6

    /// What it is there for: the writes that no other has.
    var writes: [String] {
        switch self {
        case .changes: ["recordCommit", "intend", "conclude", "observe", "recordStatus", "showPhase", "showWaiting"]
        case .vanished: ["replanMissing"]
        case .lostJournal: ["adopt", "judgeOrphans"]
        case .outage: ["releasePostponed"]
        }
    }
}

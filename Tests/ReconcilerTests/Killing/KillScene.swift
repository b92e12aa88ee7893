import Foundation
import Jobs
import Journal
import TestSupport

/// A jobs repository, and lives of the reconciler over it that end by a kill or in peace.
struct KillScene {
    let folder: TemporaryFolder
    let repository: JobsRepository
    private var commit = ""
    private(set) var commits: [String] = []

    init() async throws {
        folder = try TemporaryFolder()
        repository = try await JobsRepository(in: folder)
        try repository.write("", to: "code/job.py")
    }

    /// Lives through a story in peace, but for one kill after its second push.
    ///
    /// - Returns: the scene, the steps after the kill, and the step that it came at.
    static func killed(
        in story: KillStory,
        at point: KillPoint?
    ) async throws -> (scene: KillScene, steps: [String], kill: String?) {
        var scene = try await KillScene()
        try await scene.publish(story.history.prefix(1))
        _ = try await scene.live()
        try await scene.publish(story.history)
        try await story.happen(to: scene)
        var kill: String?
        if let point {
            kill = try await scene.live(killedAt: point)
        }
        _ = try await scene.live()
        try scene.check(story.history)
        return (scene, try scene.steps, kill)
    }

    private var state: URL { folder.url.appendingPathComponent("state") }

    /// The runs that the backend has.
    var backend: FileBackend {
        get throws { try FileBackend(folder: state.appendingPathComponent("runs")) }
    }

    /// Pushes the newest tree of a history.
    mutating func publish(_ history: PushHistory) async throws {
        let number = history.trees.count - 1
        let (old, new) = (history.trees[number - 1], history.trees[number])
        for id in Set(old.keys).union(new.keys) where old[id] != new[id] {
            let path = "clusters/default/partitions/team-a/\(id).json"
            if let version = new[id] {
                try repository.write(version.text(push: number), to: path)
            } else {
                try repository.remove(path)
            }
        }
        commit = try await repository.publish("Push \(number)")
        commits.append(commit)
    }

    /// Lets the reconciler live.
    ///
    /// - Parameters:
    ///   - point: where it is killed; nil for nowhere.
    ///   - faults: makes some of the backend's calls fail.
    /// - Returns: the step that it was killed at; nil where it came to its end before.
    func live(killedAt point: KillPoint? = nil, faults: UInt64 = 0) async throws -> String? {
        try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
        let log = folder.path("driver.log")
        let driver = URL(fileURLWithPath: BuiltExecutable.path).deletingLastPathComponent()
            .appendingPathComponent("FaultDriver").path
        let program = try await RunningProgram(
            [
                "env", "SWIFT_BACKTRACE=enable=no", driver, repository.bare, state.path, commit,
                point?.description ?? "0", "\(faults)",
            ],
            log: log
        )
        switch try await program.wait() {
        case 0: return nil
        case 128 + SIGKILL: return try String(contentsOf: state.appendingPathComponent("killed"), encoding: .utf8)
        case let code:
            throw NeverHappened(description: "the driver ended with \(code):\n\(self.log.suffix(4000))")
        }
    }

    /// What all lives logged.
    var log: String { (try? String(contentsOfFile: folder.path("driver.log"), encoding: .utf8)) ?? "" }

    /// The steps of the last life that came to its end.
    var steps: [String] {
        get throws {
            try String(contentsOf: state.appendingPathComponent("steps"), encoding: .utf8)
                .split(separator: "\n").map(String.init)
        }
    }

    /// Takes the journal away, as a careless operator would.
    func loseJournal() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: state.path) where name.hasPrefix("journal.") {
            try FileManager.default.removeItem(at: state.appendingPathComponent(name))
        }
    }

    /// The commits that reached the branch and of which the service has no answer.
    func unanswered() async throws -> [String] {
        let reader = try Journal(folder: state).reader
        var unanswered: [String] = []
        for commit in commits where try await reader.commit(commit) == nil {
            unanswered.append(commit)
        }
        return unanswered
    }
}

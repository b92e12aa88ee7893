import Foundation
import Jobs
import LocalBackend
import Logging
import TestSupport

/// A local backend with its own folder and script.
struct LocalScene: Sendable {
    let folder: TemporaryFolder
    let script: String

    init() throws {
        folder = try TemporaryFolder()
        script = folder.path("script.py")
        let text = """
            import os, sys, time
            with open(sys.argv[1] + "-" + os.environ["TFJOB_RUN"], "a") as notes:
                notes.write(str(os.getpid()) + "\\n")
            is_first = os.environ["TFJOB_REPLICA_INDEX"] == "0" and os.environ["TFJOB_REPLICA_TYPE"] != "ps"
            if sys.argv[2] == "run" or len(sys.argv) > 3 and not is_first:
                while True:
                    time.sleep(60)
            sys.exit(int(sys.argv[2]))
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: script))
    }

    var settings: LocalSettings {
        LocalSettings(
            folder: folder.url.appendingPathComponent("local"),
            executable: BuiltExecutable.path,
            node: "here",
            // On a busy machine the replicas of one run may end seconds apart.
            settlingTime: .seconds(10)
        )
    }

    func open(_ settings: LocalSettings? = nil) async throws -> LocalBackend {
        try await LocalBackend.open(settings ?? self.settings, logger: Logger(label: "test"))
    }

    /// A job that appends its pid to a file at each start.
    func job(_ behaviour: BackendContract.Behaviour, _ replicas: [(ReplicaType, Int)], notes: String) -> Job {
        let resources = Resources(
            cpu: CPUQuantity(millicores: 100),
            memory: MemoryQuantity(bytes: 1 << 26, text: "64Mi")
        )
        var job = Job(
            runtime: Runtime(python: PythonVersion.current),
            bootfile: script,
            replicas: replicas.map { ReplicaGroup(type: $0.0, count: $0.1, resource: resources) }
        )
        switch behaviour {
        case .runForever: job.args = [folder.path(notes), "run"]
        case .exit(let code): job.args = [folder.path(notes), String(code)]
        case .firstExits(let code): job.args = [folder.path(notes), String(code), "first"]
        }
        return job
    }

    /// A job of one worker whose script is this text.
    func job(running text: String, _ args: [String] = []) throws -> Job {
        try Data(text.utf8).write(to: URL(fileURLWithPath: script))
        var job = job(.exit(code: 0), [(.worker, 1)], notes: "unused")
        job.args = args
        return job
    }

    /// The pids that the replicas of a run wrote.
    func pids(_ notes: String, run: Int = 1) -> [Int32] {
        let text = try? String(contentsOfFile: folder.path("\(notes)-\(run)"), encoding: .utf8)
        return (text ?? "").split(separator: "\n").compactMap { Int32($0) }
    }

    func request(_ id: String, _ job: Job, run: Int = 1) -> RunRequest {
        RunRequest(
            id: RunID(key: JobKey(cluster: "default", partition: "team-a", id: id), number: run),
            job: job,
            commit: String(repeating: "a", count: 40),
            codeFolder: nil
        )
    }
}

/// Runs a backend during the body, and stops all runs at the end.
func withBackend(
    _ scene: LocalScene,
    _ settings: LocalSettings? = nil,
    _ body: (LocalBackend) async throws -> Void
) async throws {
    let backend = try await scene.open(settings)
    let life = Task { try await backend.run() }
    defer { life.cancel() }
    try await body(backend)
    for observation in try await backend.observe() {
        try await backend.stop(observation.id)
    }
}

/// What a process has used.
enum ProcessFigures {
    /// The processor time in seconds: the first field of `/proc/<pid>/schedstat`, in nanoseconds.
    static func cpuSeconds(of pid: Int32) -> Double {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/schedstat", encoding: .utf8)) ?? ""
        return text.split(separator: " ").first.flatMap { Double($0) }.map { $0 / 1e9 } ?? 0
    }

    static func residentKilobytes(of pid: Int32) -> Int {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return Int(line.filter(\.isNumber)) ?? 0
    }
}

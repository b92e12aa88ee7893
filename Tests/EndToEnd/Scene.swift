import Foundation
import TestSupport

/// What every test here begins with: a jobs repository with a script in it, and a place for the service.
///
/// The script, `code/job.py`, notes each start as `<pid> <start time> <replica> <args>` in the file `started` of the scene's folder,
/// and then does what its first argument says: `run` until it is stopped, `exit N`, or `wait FILE` until a file is there.
struct Scene: Sendable {
    let folder: TemporaryFolder
    let repository: JobsRepository

    static let script = #"""
        import os, sys, time

        def start_time(pid):
            with open(f"/proc/{pid}/stat") as stat:
                return stat.read().rpartition(")")[2].split()[19]

        replica = os.environ["TFJOB_REPLICA_TYPE"] + "-" + os.environ["TFJOB_REPLICA_INDEX"]
        with open(os.environ["NOTES"], "a") as notes:
            notes.write(f"{os.getpid()} {start_time(os.getpid())} {replica} {' '.join(sys.argv[1:])}\n")
        print("started", *sys.argv[1:])
        what = sys.argv[1]
        if what == "run":
            while True:
                time.sleep(60)
        elif what == "wait":
            while not os.path.exists(sys.argv[2]):
                time.sleep(0.02)
        sys.exit(int(sys.argv[2]) if what == "exit" else 0)
        """#

    init() async throws {
        folder = try TemporaryFolder()
        repository = try await JobsRepository(in: folder)
        try repository.write(Self.script, to: "code/job.py")
    }

    /// Starts the service on the bare repository.
    func serve(_ extra: [String] = [], listen: String = "127.0.0.1:0") async throws -> ServiceProcess {
        try await ServiceProcess(repository: repository.bare, in: folder, listen: listen, extra: extra)
    }

    /// The file of a job of the partition `team-a`.
    func path(_ id: String) -> String { "clusters/default/partitions/team-a/\(id).json" }

    /// A job that runs the script.
    func job(_ args: String..., change: (inout JobText) -> Void = { _ in }) -> JobText {
        var job = JobText()
        job.args = args
        job.more = [#""environment": {"NOTES": "\#(folder.path("started"))"}"#]
        change(&job)
        return job
    }

    /// One start of the script.
    struct Start: Equatable, Sendable {
        let pid: Int32
        /// In clock ticks since the machine's start: with the pid, it names a process.
        let time: String
        let replica: String
        let args: String

        /// Whether that very process is there still.
        var isAlive: Bool {
            guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
                let end = stat.lastIndex(of: ")")
            else { return false }
            let fields = stat[stat.index(after: end)...].split(separator: " ")
            return fields[0] != "Z" && fields[19] == time
        }
    }

    /// All starts so far.
    func starts() throws -> [Start] {
        guard let text = try? String(contentsOfFile: folder.path("started"), encoding: .utf8) else { return [] }
        return text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ", maxSplits: 3).map(String.init)
            guard parts.count >= 3, let pid = Int32(parts[0]) else { return nil }
            return Start(pid: pid, time: parts[1], replica: parts[2], args: parts.count == 4 ? parts[3] : "")
        }
    }

    /// The processes of this machine that belong to a replica of this scene, supervisors too.
    func leftovers() throws -> [String] {
        let state = folder.path("state")
        return try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }.filter { pid in
            let isZombie = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8))?.contains(") Z ") ?? true
            let command = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()
            let isReplica = environment.range(of: Data("TFJOB_REPLICA_FOLDER=\(state)".utf8)) != nil
            let isSupervisor =
                command.range(of: Data("supervise".utf8)) != nil && command.range(of: Data(state.utf8)) != nil
            return !isZombie && (isReplica || isSupervisor)
        }
    }

    /// Waits until a job's script has said that it has begun: from then on it writes nothing.
    func hasBegun(_ id: String, on service: ServiceProcess) async throws {
        try await eventually("\(id) says that it has begun") {
            let answer = try await service.request("/api/v1alpha1/clusters/default/partitions/team-a/tfjobs/\(id)/logs")
            return answer.status == 200 && String(decoding: answer.body, as: UTF8.self).contains("started")
        }
    }

    /// Takes every job away and waits until nothing runs, so that no test leaves processes behind.
    func end(_ service: ServiceProcess) async throws {
        try? repository.remove("clusters")
        try await repository.publish("Remove all jobs\n\nPrune: approve")
        try await eventually("nothing of the scene runs") { try leftovers().isEmpty }
        try await service.stop()
    }
}

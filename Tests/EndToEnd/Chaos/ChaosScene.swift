import Foundation
import TestSupport
import Testing

/// The service, its jobs and all that happens to them.
struct ChaosScene {
    let scene: Scene
    let gate: String
    var service: ServiceProcess
    var generator: SeededGenerator
    var jobs: [ChaosJob] = []
    /// What happened, for the message of a failure.
    var diary: [String: Int] = [:]

    init(jobs count: Int, seed: UInt64) async throws {
        scene = try await Scene()
        gate = scene.folder.path("gate")
        generator = SeededGenerator(seed: seed)
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("chaos.py")
        try scene.repository.write(String(contentsOf: script, encoding: .utf8), to: "code/chaos.py")
        service = try await scene.serve()
        for number in 0..<count {
            jobs.append(ChaosJob(number: number, &generator))
        }
        try await publish(jobs.indices)
    }

    /// Writes the files of some jobs and pushes them.
    func publish(_ indices: some Sequence<Int>) async throws {
        for index in indices {
            try scene.repository.write(jobs[index].text(gate: gate), to: scene.path(jobs[index].id))
        }
        try await scene.repository.publish()
    }

    /// A replica's main process or a supervisor of the scene.
    struct Victim {
        let pid: Int32
        let isSupervisor: Bool
        let job: String
        let run: Int
    }

    /// The processes of the scene that a signal would reach: a main process counts only with a live supervisor.
    func victims() throws -> [Victim] {
        let runs = scene.folder.path("state/local/runs") + "/"
        var supervisors: Set<Int32> = []
        var found: [(victim: Victim, parent: Int32)] = []
        for pid in try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init) {
            let command = String(
                decoding: FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data(),
                as: UTF8.self
            )
            let environment = String(
                decoding: FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data(),
                as: UTF8.self
            )
            let isSupervisor = command.contains("supervise") && command.contains(runs)
            let text = isSupervisor ? command : environment
            // …/runs/<cluster>/<partition>/<id>/<run>/…
            guard let start = text.firstRange(of: runs)?.upperBound else { continue }
            let parts = text[start...].prefix { $0 != "\0" }.split(separator: "/")
            guard parts.count > 4, let run = Int(parts[3]), let stat = statOf(pid), stat.state != "Z" else { continue }
            if isSupervisor { supervisors.insert(pid) }
            let victim = Victim(pid: pid, isSupervisor: isSupervisor, job: String(parts[2]), run: run)
            found.append((victim, stat.parent))
        }
        return found.filter { $0.victim.isSupervisor || supervisors.contains($0.parent) }.map(\.victim)
    }

    private func statOf(_ pid: Int32) -> (state: Substring, parent: Int32)? {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        return Int32(fields[1]).map { (fields[0], $0) }
    }

    /// Does one random thing to a replica, a supervisor, the service or the repository.
    mutating func act() async throws {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<4: try await restartService()
        case 4..<24: try await push()
        default: try injure()
        }
    }

    private mutating func injure() throws {
        guard let victim = try victims().sorted(by: { $0.pid < $1.pid }).randomElement(using: &generator),
            let index = jobs.firstIndex(where: { $0.id == victim.job })
        else { return }
        let signal = Bool.random(using: &generator) ? SIGKILL : SIGTERM
        guard kill(victim.pid, signal) == 0 else { return }
        if victim.isSupervisor {
            jobs[index].injuries[victim.run, default: .init()].supervisors += 1
        } else {
            jobs[index].injuries[victim.run, default: .init()].replicas += 1
        }
        diary["\(victim.isSupervisor ? "supervisors" : "replicas") by signal \(signal)", default: 0] += 1
    }

    /// Ends the service by SIGKILL or SIGTERM and starts it again.
    private mutating func restartService() async throws {
        if Bool.random(using: &generator) {
            try await service.crash()
        } else {
            try await service.stop()
        }
        service = try await scene.serve()
        diary["restarts of the service", default: 0] += 1
    }

    /// Changes some jobs: their words, their arguments, or whether they are suspended.
    private mutating func push() async throws {
        let changed = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
            Int.random(in: 0..<jobs.count, using: &generator)
        }
        for index in Set(changed).sorted() {
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: jobs[index].description = "Chaos \(Int.random(in: 0..<1000, using: &generator))"
            case 1...3: jobs[index].version += 1
            default:
                jobs[index].isSuspended.toggle()
                markSuspended(index)
            }
        }
        try await publish(Set(changed))
        diary["pushes", default: 0] += 1
    }

    /// A signal that hits a run around a suspension may have no effect, whichever run is current by then.
    private mutating func markSuspended(_ index: Int) {
        for run in 1...(jobs[index].version) {
            jobs[index].injuries[run, default: .init()].isSuspended = true
        }
    }

    /// Resumes all jobs and lets them finish.
    mutating func finish() async throws {
        let suspended = jobs.indices.filter { jobs[$0].isSuspended }
        for index in suspended {
            jobs[index].isSuspended = false
            markSuspended(index)
        }
        try await publish(suspended)
        try Data().write(to: URL(fileURLWithPath: gate))
    }
}

package import Foundation
import JobFile
package import Jobs
import Synchronization

/// A backend whose runs are files of a folder: they outlive the process that started them, as on a cluster.
///
/// A job with the argument `finish` succeeds by itself soon after its start, any other one runs until it is stopped. What no backend should
/// ever be asked for stands in the file `violations`.
package final class FileBackend: Backend {
    /// One run, as its file has it.
    package struct Record: Codable, Sendable {
        /// The definition that it runs.
        package var job: Data
        package var commit: String
        package var runCommit: String?
        package var phase: Phase
    }

    /// When a test that stands by is told of a call.
    package enum Moment: Sendable {
        case before
        case after
    }

    private let folder: URL
    private let step: @Sendable (Moment, _ call: String) -> Void
    /// Makes some calls fail: before or after they were carried out, as a network does, or as refused; nil if none fails.
    private let faults: Mutex<SeededGenerator?>
    /// Calls come at the same time.
    private let files = Mutex(())
    package let changes: AsyncStream<RunID>
    private let changed: AsyncStream<RunID>.Continuation

    /// - Parameters:
    ///   - folder: made if absent.
    ///   - faultSeed: makes three calls of sixteen fail; nil lets all work.
    ///   - step: told before and after each call that changes something, with the call's name.
    package init(
        folder: URL,
        faultSeed: UInt64? = nil,
        step: @escaping @Sendable (Moment, _ call: String) -> Void = { _, _ in }
    ) throws {
        self.folder = folder
        self.step = step
        faults = Mutex(faultSeed.map(SeededGenerator.init))
        (changes, changed) = AsyncStream.makeStream()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (id, record) in try records() where record.phase == .running {
            finishLater(id, record)
        }
    }

    /// All runs.
    package func records() throws -> [RunID: Record] {
        var records: [RunID: Record] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasSuffix(".json") {
            let parts = name.dropLast(5).split(separator: "+").map(String.init)
            guard parts.count == 4, let number = Int(parts[3]) else { continue }
            let key = JobKey(cluster: parts[0], partition: parts[1], id: parts[2])
            let data = try Data(contentsOf: folder.appendingPathComponent(name))
            records[RunID(key: key, number: number)] = try JSONDecoder().decode(Record.self, from: data)
        }
        return records
    }

    /// Takes a run away, as a cluster does that cleans up.
    package func remove(_ id: RunID) throws {
        try FileManager.default.removeItem(at: url(id))
    }

    /// What was asked for that must never be, a line each.
    package var violations: String {
        (try? String(contentsOf: folder.appendingPathComponent("violations"), encoding: .utf8)) ?? ""
    }

    /// How often a run was really started.
    package func starts(of id: RunID) -> Int {
        let text = (try? String(contentsOf: folder.appendingPathComponent("starts"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").count { $0 == "\(id)" }
    }

    /// Whether nothing is about to finish by itself.
    package var isQuiet: Bool {
        get throws { try records().allSatisfy { $1.phase != .running || !Self.finishes($1) } }
    }

    package func start(_ request: RunRequest) async throws(BackendError) {
        try await call("start") { () throws in
            let all = try self.records()
            if let known = all[request.id], known.phase != .suspended { return }
            for (id, record) in all where id.key == request.id.key {
                if record.phase == .running { try self.note("\(request.id) is started beside \(id)", in: "violations") }
                if id.number > request.id.number {
                    try self.note("\(request.id) is started after \(id)", in: "violations")
                }
            }
            let job = Data(CanonicalJob(request.job).text.utf8)
            let record = Record(job: job, commit: request.commit, runCommit: request.runCommit, phase: .running)
            try self.write(record, request.id)
            try self.note("\(request.id)", in: "starts")
            self.finishLater(request.id, record)
        }
        changed.yield(request.id)
    }

    package func stop(_ run: RunID) async throws(BackendError) {
        try await call("stop") { () throws in
            guard var record = try self.read(run), !record.phase.isFinal else { return }
            record.phase = .suspended
            try self.write(record, run)
        }
        changed.yield(run)
    }

    package func update(_ request: RunRequest) async throws(BackendError) {
        try await call("update") { () throws in
            guard var record = try self.read(request.id) else { return }
            if record.definition(of: request.id.key)?.digest != request.job.digest {
                try self.note("\(request.id) is updated to what needs a restart", in: "violations")
            }
            record.job = Data(CanonicalJob(request.job).text.utf8)
            record.commit = request.commit
            try self.write(record, request.id)
        }
        changed.yield(request.id)
    }

    /// Keeps the run: the test's model counts what was started.
    package func discard(_ run: RunID) async throws(BackendError) {
        try await call("discard") { () throws in
            guard try self.read(run)?.phase == .running else { return }
            try self.note("\(run) is discarded while it runs", in: "violations")
        }
    }

    package func observe() async throws(BackendError) -> [RunObservation] {
        do {
            return try records().compactMap { id, record in observation(id, record) }
        } catch {
            throw .unavailable("\(error)")
        }
    }

    package func observe(_ run: RunID) async throws(BackendError) -> RunObservation? {
        do {
            return try read(run).flatMap { observation(run, $0) }
        } catch {
            throw .unavailable("\(error)")
        }
    }

    private func call(_ name: String, _ body: @Sendable () throws -> Void) async throws(BackendError) {
        step(.before, name)
        let fault = faults.withLock { $0?.next() ?? 15 } % 16
        if fault == 0 { throw .unavailable("the call did not come through") }
        if fault == 2 { throw .refused("the call is not allowed now") }
        do {
            try files.withLock { _ in try body() }
        } catch {
            throw .unavailable("\(error)")
        }
        step(.after, name)
        if fault == 1 { throw .unavailable("the answer did not come through") }
    }

    private func observation(_ id: RunID, _ record: Record) -> RunObservation? {
        guard let job = record.definition(of: id.key) else { return nil }
        var status = RunStatus(pending: job)
        status.phase = record.phase
        return RunObservation(
            id: id,
            job: job,
            commit: record.commit,
            runCommit: record.runCommit,
            status: status
        )
    }

    private static func finishes(_ record: Record) -> Bool {
        record.job.range(of: Data("finish".utf8)) != nil
    }

    private func finishLater(_ id: RunID, _ record: Record) {
        guard Self.finishes(record) else { return }
        Task {
            try? await Task.sleep(for: .milliseconds(3))
            self.files.withLock { _ in
                guard var record = try? self.read(id), record.phase == .running else { return }
                record.phase = .succeeded
                try? self.write(record, id)
            }
            self.changed.yield(id)
        }
    }

    private func url(_ id: RunID) -> URL {
        let name = "\(id.key.cluster)+\(id.key.partition)+\(id.key.id)+\(id.number).json"
        return folder.appendingPathComponent(name)
    }

    private func read(_ id: RunID) throws -> Record? {
        guard let data = FileManager.default.contents(atPath: url(id).path) else { return nil }
        return try JSONDecoder().decode(Record.self, from: data)
    }

    private func write(_ record: Record, _ id: RunID) throws {
        try JSONEncoder().encode(record).write(to: url(id), options: .atomic)
    }

    private func note(_ line: String, in name: String) throws {
        let file = folder.appendingPathComponent(name)
        let before = (try? Data(contentsOf: file)) ?? Data()
        try (before + Data("\(line)\n".utf8)).write(to: file, options: .atomic)
    }
}

extension FileBackend.Record {
    /// The definition, read back.
    package func definition(of key: JobKey) -> Job? {
        JobFile.read(Array(job), at: key).job
    }
}

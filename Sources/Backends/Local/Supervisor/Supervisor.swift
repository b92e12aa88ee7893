import Foundation
import Glibc
import Platform
import Subprocess
import Synchronization
import SystemPackage
import UnixSignals

/// The parent process of one replica.
///
/// A supervisor outlives the service, writes down the exit code of the replica, and ends all processes that the replica
/// started. It starts at most one process. If another supervisor has claimed the replica before, it exits at once.
public struct Supervisor: Sendable {
    private let folder: ReplicaFolder
    private let order: ReplicaOrder

    /// - Parameter folder: the folder of the replica, which has the order.
    /// - Throws: an error if the folder has no order.
    public init(folder: String) throws {
        self.folder = ReplicaFolder(url: URL(fileURLWithPath: folder))
        guard let order = self.folder.order else {
            throw LocalBackendError("\(folder) has no order.json; this verb is for the service itself")
        }
        self.order = order
    }

    /// Runs the replica until it ends by itself or by a SIGTERM to this process, and writes the exit record.
    public func run() async throws {
        guard let own = ProcessIdentity.of(getpid()) else { throw LocalBackendError("/proc can't be read") }
        let signals = await UnixSignalsSequence(trapping: .sigterm)
        guard try folder.claimReplica(SupervisorRecord(process: own)) else { return }
        guard !folder.isEnding else {
            try folder.write(ExitRecord(code: 143, endTime: Date(), wasStopped: true, fault: nil))
            notifyService()
            return
        }
        Subreaper.become()
        let stop = StopState()
        let exit = await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in signals {
                    await stopChild(stop)
                }
            }
            let copy = order.logCopy.map { LogCopy(of: order.log, to: $0) }
            if let copy {
                group.addTask { await copy.copyContinuously() }
            }
            let exit = await runChild(stop)
            ProcessTable.killDescendants(of: getpid())
            copy?.copyNewBytes()
            group.cancelAll()
            return exit
        }
        try await writeExit(exit)
        notifyService()
    }

    /// The pause between two attempts to write.
    private static let pause = Duration.seconds(1)

    /// Writes the exit record. On a full disk this retries until there is room, because nobody else knows the exit
    /// code.
    private func writeExit(_ exit: ExitRecord) async throws {
        while true {
            do {
                return try folder.write(exit)
            } catch {
                // If the folder is gone, nobody needs the record.
                guard FileManager.default.fileExists(atPath: folder.url.path) else { throw error }
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Opens the log of the replica. On a full disk this retries until there is room.
    private func openLog(_ stop: StopState) async throws -> FileDescriptor {
        while true {
            do {
                return try FileDescriptor.open(
                    FilePath(order.log),
                    .writeOnly,
                    options: [.append, .create, .noFollow],
                    permissions: .ownerReadWrite.union([.groupRead, .otherRead])
                )
            } catch let error as Errno where [.noSpace, .readOnlyFileSystem, .diskQuotaExceeded].contains(error) {
                guard !stop.isRequested else { throw error }
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    private func runChild(_ stop: StopState) async -> ExitRecord {
        func ended(_ code: Int, fault: String? = nil) -> ExitRecord {
            ExitRecord(code: code, endTime: Date(), wasStopped: stop.isRequested, fault: fault)
        }
        do {
            let log = try await openLog(stop)
            var options = PlatformOptions()
            options.processGroupID = 0
            let variables = order.environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
            let result = try await Subprocess.run(
                .path(FilePath(order.command[0])),
                arguments: Arguments(Array(order.command.dropFirst())),
                environment: .custom(Dictionary(uniqueKeysWithValues: variables)),
                workingDirectory: FilePath(order.workingDirectory),
                platformOptions: options,
                input: .none,
                output: .fileDescriptor(log, closeAfterSpawningProcess: true),
                error: .combinedWithOutput
            ) { execution in
                recordChild(execution.processIdentifier.value, stop)
            }
            switch result.terminationStatus {
            case .exited(let code): return ended(Int(code))
            case .signaled(let signal): return ended(128 + Int(signal))
            }
        } catch {
            return ended(127, fault: "\(order.command[0]) could not be started: \(error)")
        }
    }

    /// Writes the record of the child, and stops the child if a stop was requested before.
    private func recordChild(_ pid: pid_t, _ stop: StopState) {
        if let process = ProcessIdentity.of(pid) {
            try? folder.write(ChildRecord(process: process, startTime: Date()))
            notifyService()
        }
        if stop.setProcess(pid) {
            kill(-pid, SIGTERM)
        }
    }

    /// Ends the process group of the replica: SIGTERM, the grace period, SIGKILL.
    private func stopChild(_ stop: StopState) async {
        guard let pid = stop.requestStop() else { return }
        kill(-pid, SIGTERM)
        try? await Task.sleep(for: .milliseconds(order.graceMilliseconds))
        if !Task.isCancelled {
            kill(-pid, SIGKILL)
        }
    }

    /// Makes the service check the replica. If the notice is lost, the service finds the change some seconds later.
    private func notifyService() {
        try? DurableFile.writeUnsynced([], to: order.notice)
    }
}

/// The state of a stop request to a supervisor. The request may arrive before the process exists.
final class StopState: Sendable {
    private struct State {
        var isRequested = false
        var pid: pid_t?
    }

    private let state = Mutex(State())

    var isRequested: Bool { state.withLock { $0.isRequested } }

    /// Records the process.
    ///
    /// - Returns: true if the process must be stopped at once.
    func setProcess(_ pid: pid_t) -> Bool {
        state.withLock { state in
            state.pid = pid
            return state.isRequested
        }
    }

    /// Records the stop request.
    ///
    /// - Returns: the process, if it exists already.
    func requestStop() -> pid_t? {
        state.withLock { state in
            state.isRequested = true
            return state.pid
        }
    }
}

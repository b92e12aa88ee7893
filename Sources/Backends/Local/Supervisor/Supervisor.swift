import Foundation
import Platform
import Subprocess
import SystemPackage
import UnixSignals

/// The parent of one replica's process.
///
/// It outlives the service, keeps the exit code that would be lost with a dead parent, and ends all that the replica started.
/// One supervisor starts at most one process: where another was before it, it leaves at once.
public struct Supervisor: Sendable {
    private let folder: ReplicaFolder
    private let order: ReplicaOrder

    /// - Parameter folder: the replica's folder, with its order in it.
    /// - Throws: where the folder has no order.
    public init(folder: String) throws {
        self.folder = ReplicaFolder(url: URL(fileURLWithPath: folder))
        guard let order = self.folder.order else {
            throw SupervisorError("\(folder) has no order.json; this verb is for the service itself")
        }
        self.order = order
    }

    /// Runs the replica until it has ended, by itself or by a SIGTERM to this process, and writes down how.
    public func run() async throws {
        guard let own = ProcessIdentity.of(getpid()) else { throw SupervisorError("/proc can't be read") }
        let signals = await UnixSignalsSequence(trapping: .sigterm)
        guard try folder.claim(SupervisorRecord(process: own)) else { return }
        guard !folder.isEnding else {
            try folder.write(ExitRecord(code: 143, endTime: Date(), wasStopped: true, fault: nil))
            notify()
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
                group.addTask { await copy.keepUp() }
            }
            let exit = await runChild(stop)
            Descendants.kill(of: getpid())
            copy?.catchUp()
            group.cancelAll()
            return exit
        }
        try await keep(exit)
        notify()
    }

    /// Between two tries to write.
    private static let pause = Duration.seconds(1)

    /// Writes down how the replica ended: on a full disk, as soon as there is room. Nobody else knows the exit code.
    private func keep(_ exit: ExitRecord) async throws {
        while true {
            do {
                return try folder.write(exit)
            } catch {
                // Without the folder nobody asks any more.
                guard FileManager.default.fileExists(atPath: folder.url.path) else { throw error }
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Opens the replica's log; on a full disk, as soon as there is room.
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
                started(execution.processIdentifier.value, stop)
            }
            switch result.terminationStatus {
            case .exited(let code): return ended(Int(code))
            case .signaled(let signal): return ended(128 + Int(signal))
            }
        } catch {
            return ended(127, fault: "\(order.command[0]) could not be started: \(error)")
        }
    }

    private func started(_ pid: pid_t, _ stop: StopState) {
        if let process = ProcessIdentity.of(pid) {
            try? folder.write(ChildRecord(process: process, startTime: Date()))
            notify()
        }
        if stop.began(pid) {
            kill(-pid, SIGTERM)
        }
    }

    /// Ends the replica's process group: SIGTERM, the grace period, SIGKILL.
    private func stopChild(_ stop: StopState) async {
        guard let pid = stop.request() else { return }
        kill(-pid, SIGTERM)
        try? await Task.sleep(for: .milliseconds(order.graceMilliseconds))
        if !Task.isCancelled {
            kill(-pid, SIGKILL)
        }
    }

    /// Makes the service look, if it runs. A notice that is lost costs it a few seconds and nothing else.
    private func notify() {
        try? DurableFile.writeUnsynced([], to: order.notice)
    }
}

/// Why a supervisor can't begin.
struct SupervisorError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

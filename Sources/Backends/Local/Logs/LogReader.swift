import Foundation
public import Jobs
import Platform

/// Reads one log piece by piece. If the log is followed, the reader waits for more.
actor LogReader {
    private let folder: RunFolder
    private let replica: String
    private let extent: LogExtent
    private let hasEnded: @Sendable () async -> Bool
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation
    private var subscription: Registration?
    private var monitor: FileMonitor?
    private var watch: Registration?
    /// The file that has the next byte.
    private var part: LogFiles.Part?
    /// The place of the next byte in the output.
    private(set) var place = 0
    private var isAtLineStart = true
    /// The bytes before the log.
    private var preface: [UInt8] = []
    /// The place at which the reader stops. Nil: it never stops by itself.
    private var end: Int?

    /// - Parameters:
    ///   - folder: the folder of the run.
    ///   - replica: the name of a replica of the run.
    ///   - extent: the part of the log to read.
    ///   - hasEnded: returns true when the replica prints no more. The reader calls it before it reads, so the bytes
    ///     that it finds after a true are the last ones.
    init(folder: RunFolder, replica: String, extent: LogExtent, hasEnded: @escaping @Sendable () async -> Bool) {
        self.folder = folder
        self.replica = replica
        self.extent = extent
        self.hasEnded = hasEnded
        (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Listens for changes that may make the log grow or end.
    func followChanges(_ changes: RunChanges, monitor: FileMonitor) {
        self.monitor = monitor
        subscription = changes.addListener(to: folder.id) { [wakeUp] in wakeUp.yield() }
    }

    /// Opens the log, if it exists yet, and finds the place of the first byte to read.
    func findStart() async throws {
        guard let files = LogFiles(replica, in: folder), let newest = try files.newestPart() else { return }
        let size = try newest.end
        if let tail = extent.tail {
            guard let (first, place) = try await files.start(ofLastLines: tail, before: size) else { return }
            try follow(first, from: place)
        } else if let oldest = try files.part() {
            try follow(oldest, from: oldest.start)
        }
        if !extent.isFollowed {
            // Without an end, a log that grows faster than it is read would never end.
            end = size
        }
    }

    private func follow(_ next: LogFiles.Part, from place: Int) throws(PlatformError) {
        // The watch also reports that the file is rotated.
        watch = try monitor?.watch(next.file) { [wakeUp] in wakeUp.yield() }
        part = next
        self.place = place
    }

    /// Adds bytes before the log.
    func setPreface(_ bytes: [UInt8]) {
        preface = bytes
    }

    /// Reads the next bytes. Returns nil at the end of the log.
    func nextPiece() async throws -> [UInt8]? {
        guard preface.isEmpty else {
            defer { preface = [] }
            return preface
        }
        while !Task.isCancelled {
            // Ask before the read: if the replica has ended, the read finds all that is left.
            let isLast = extent.isFollowed ? await hasEnded() : true
            let bytes = try readAvailable()
            if let last = bytes.last {
                isAtLineStart = last == UInt8(ascii: "\n")
                return bytes
            }
            if isLast { return nil }
            for await _ in wakeUps { break }
        }
        return nil
    }

    /// Reads what is there, from this file or the next one. Empty: there is no more yet.
    private func readAvailable() throws(PlatformError) -> [UInt8] {
        guard let current = part else {
            guard extent.isFollowed, let first = try LogFiles(replica, in: folder)?.part() else { return [] }
            try follow(first, from: first.start)
            return try readAvailable()
        }
        var bytes = try readBytes(of: current)
        guard bytes.isEmpty, place != end,
            let next = try LogFiles(replica, in: folder)?.part(after: current.start)
        else { return bytes }
        // The supervisor may have written more before the rotation, and now it writes no more.
        bytes = try readBytes(of: current)
        guard bytes.isEmpty else { return bytes }
        let skipped = next.start - place
        try follow(next, from: next.start)
        guard skipped > 0 else { return try readAvailable() }
        let message = "[tfjob-admin] \(skipped) bytes of output are skipped: newer output has replaced them\n"
        return Array(((isAtLineStart ? "" : "\n") + message).utf8)
    }

    private func readBytes(of part: LogFiles.Part) throws(PlatformError) -> [UInt8] {
        let room = min(end.map { max(0, $0 - place) } ?? Self.pieceSize, Self.pieceSize)
        let bytes = try part.readBytes(at: place, upTo: room)
        place += bytes.count
        return bytes
    }

    /// The size of a piece in bytes, small enough for a thousand readers at a time.
    private static let pieceSize = 1 << 16
}

extension LocalBackend: LogSource {
    /// Lists the runs that have a folder.
    public nonisolated func loggedRuns(of job: JobKey) async throws(BackendError) -> [LoggedRun] {
        RunFolder.all(of: job, in: runsFolder).compactMap { folder in
            Self.replicas(of: folder).map { LoggedRun(number: folder.id.number, replicas: $0) }
        }
    }

    /// The names of the replicas that have logs. Nil: there is no such run, or its files were removed.
    private nonisolated static func replicas(of folder: RunFolder) -> [String]? {
        guard let (request, _) = try? folder.request(), (try? folder.result())?.status == nil else { return nil }
        return RunStatus(pending: request.job).replicas.map(\.name)
    }

    /// Opens the log of a replica. Before the replica starts, it is the log of the run's installation, or empty.
    public func log(of run: RunID, replica: String, _ extent: LogExtent) async throws(BackendError) -> OpenLog? {
        let folder = RunFolder(run, in: runsFolder)
        guard Self.replicas(of: folder)?.contains(replica) == true else { return nil }
        let reader = LogReader(
            folder: folder,
            replica: replica,
            extent: extent,
            hasEnded: { [weak self] in await self?.hasEnded(replica, of: run) ?? true }
        )
        let installation = readInstallation(of: run, tail: extent.tail)
        do {
            if extent.isFollowed {
                try await reader.followChanges(changed, monitor: fileMonitor())
            }
            try await reader.findStart()
        } catch {
            throw .unavailable("the log of \(run), \(replica), can't be read: \(error)")
        }
        guard !installation.isEmpty else {
            return OpenLog(LogStream { try await reader.nextPiece() }, start: await reader.place)
        }
        await reader.setPreface(installation)
        return OpenLog(LogStream { try await reader.nextPiece() }, start: -installation.count)
    }

    /// The inotify instance for all followed logs, created for the first one.
    private func fileMonitor() throws(PlatformError) -> FileMonitor {
        if let logMonitor { return logMonitor }
        let monitor = try FileMonitor()
        logMonitor = monitor
        return monitor
    }

    /// Whether a replica prints no more. A supervisor writes the exit record after all processes of the replica have
    /// ended.
    private func hasEnded(_ replica: String, of id: RunID) -> Bool {
        guard let run = runs[id] else { return true }
        let known = run.replicas[replica]
        if known?.exit != nil { return true }
        return (run.result != nil || run.isStopped) && known?.isLive != true
    }
}

extension LocalBackend {
    /// The largest part of an installation's log that a reader gets, in bytes.
    private static let longestInstallation = 1 << 20

    /// Reads what pip has printed so far while a run waits for its virtual environment.
    ///
    /// A log begins with it until the run starts. It does not count as output: the first byte that a replica prints has
    /// the position 0.
    ///
    /// - Parameter tail: the number of lines at the end. Nil: all.
    /// - Returns: the bytes. Empty: the run waits for no installation, or its log can't be read.
    private func readInstallation(of id: RunID, tail: Int?) -> [UInt8] {
        guard let run = runs[id], run.isOpen, run.awaitsLaunch, let file = try? run.installation?.openLog(),
            let size = try? file.size,
            let bytes = try? file.readBytes(at: max(0, size - Self.longestInstallation), upTo: Self.longestInstallation)
        else { return [] }
        guard let tail else { return bytes }
        let lines = bytes.split(separator: UInt8(ascii: "\n")).suffix(tail)
        return lines.flatMap { $0 + [UInt8(ascii: "\n")] }
    }
}

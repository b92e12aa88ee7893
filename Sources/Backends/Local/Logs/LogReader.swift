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
    private var file: ReadableFile?
    private var offset = 0
    /// The offset at which the reader stops. Nil: it never stops by itself.
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

    /// Opens the log, if it exists yet, and finds the offset of the first byte to read.
    func findStart() async throws {
        try openLog()
        guard let file else { return }
        let size = try file.size
        if let tail = extent.tail {
            offset = try await file.offset(ofLastLines: tail, before: size)
        }
        if !extent.isFollowed {
            // Without an end, a log that grows faster than it is read would never end.
            end = size
        }
    }

    private func openLog() throws(PlatformError) {
        guard file == nil, let opened = try ReplicaLog.open(replica, in: folder) else { return }
        if let monitor {
            watch = try monitor.watch(opened) { [wakeUp] in wakeUp.yield() }
        }
        file = opened
    }

    /// Reads the next bytes. Returns nil at the end of the log.
    func nextPiece() async throws -> [UInt8]? {
        while !Task.isCancelled {
            // Ask before the read: if the replica has ended, the read finds all that is left.
            let isLast = extent.isFollowed ? await hasEnded() : true
            try openLog()
            let room = min(end.map { $0 - offset } ?? Self.pieceSize, Self.pieceSize)
            let bytes = try file?.readBytes(at: offset, upTo: room) ?? []
            offset += bytes.count
            if !bytes.isEmpty { return bytes }
            if isLast { return nil }
            for await _ in wakeUps { break }
        }
        return nil
    }

    /// The size of a piece in bytes, small enough for a thousand readers at a time.
    private static let pieceSize = 1 << 16
}

extension ReadableFile {
    /// Finds the offset of the last lines. A last line without a line break counts.
    ///
    /// - Parameters:
    ///   - count: the number of lines, from 0.
    ///   - size: the number of bytes to search. Later bytes are ignored.
    fileprivate func offset(ofLastLines count: Int, before size: Int) async throws -> Int {
        guard count > 0 else { return size }
        var found = 0
        var position = size
        while position > 0 {
            let start = max(0, position - (1 << 16))
            let bytes = try readBytes(at: start, upTo: position - start)
            for index in bytes.indices.reversed() where bytes[index] == UInt8(ascii: "\n") && start + index < size - 1 {
                found += 1
                if found == count { return start + index + 1 }
            }
            position = start
            // A log may have gigabytes, so let other tasks run in between.
            await Task.yield()
            try Task.checkCancellation()
        }
        return 0
    }
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

    /// Opens the log of a replica. The log of a replica that has not started is empty.
    public func log(of run: RunID, replica: String, _ extent: LogExtent) async throws(BackendError) -> LogStream? {
        let folder = RunFolder(run, in: runsFolder)
        guard Self.replicas(of: folder)?.contains(replica) == true else { return nil }
        let reader = LogReader(
            folder: folder,
            replica: replica,
            extent: extent,
            hasEnded: { [weak self] in await self?.hasEnded(replica, of: run) ?? true }
        )
        do {
            if extent.isFollowed {
                try await reader.followChanges(changed, monitor: fileMonitor())
            }
            try await reader.findStart()
        } catch {
            throw .unavailable("the log of \(run), \(replica), can't be read: \(error)")
        }
        return LogStream { try await reader.nextPiece() }
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

import Jobs
import Platform

/// Reads one log piece by piece, and waits for more where it is followed.
actor LogReader {
    private let folder: RunFolder
    private let replica: String
    private let extent: LogExtent
    private let hasEnded: @Sendable () async -> Bool
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation
    private var subscription: RunChanges.Subscription?
    private var monitor: FileMonitor?
    private var watch: FileMonitor.Watch?
    private var file: ReadableFile?
    private var offset = 0
    /// Where to stop; nil goes on.
    private var end: Int?

    /// - Parameters:
    ///   - folder: the run's.
    ///   - replica: one of the run's.
    ///   - extent: which part is read.
    ///   - hasEnded: asked before each look for more; once it has said yes, what is there then is the last.
    init(folder: RunFolder, replica: String, extent: LogExtent, hasEnded: @escaping @Sendable () async -> Bool) {
        self.folder = folder
        self.replica = replica
        self.extent = extent
        self.hasEnded = hasEnded
        (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Listens for what may make the log grow or end.
    func follow(_ changes: RunChanges, monitor: FileMonitor) {
        self.monitor = monitor
        subscription = changes.listen(to: folder.id) { [wakeUp] in wakeUp.yield() }
    }

    /// Opens the log, if it is there yet, and finds the place to begin at.
    func begin() async throws {
        try open()
        guard let file else { return }
        let size = try file.size
        if let tail = extent.tail {
            offset = try await file.start(ofLast: tail, before: size)
        }
        if !extent.isFollowed {
            // A log that grows faster than it is read would never end.
            end = size
        }
    }

    private func open() throws(PlatformError) {
        guard file == nil, let opened = try ReplicaLog.open(replica, in: folder) else { return }
        if let monitor {
            watch = try monitor.watch(opened) { [wakeUp] in wakeUp.yield() }
        }
        file = opened
    }

    /// The next bytes; nil at the end.
    func next() async throws -> [UInt8]? {
        while !Task.isCancelled {
            // Asked before the file is read: what is there after a yes is all.
            let isLast = extent.isFollowed ? await hasEnded() : true
            try open()
            let room = min(end.map { $0 - offset } ?? Self.pieceSize, Self.pieceSize)
            let bytes = try file?.readBytes(at: offset, upTo: room) ?? []
            offset += bytes.count
            if !bytes.isEmpty { return bytes }
            if isLast { return nil }
            for await _ in wakeUps { break }
        }
        return nil
    }

    /// In bytes: few enough for a thousand readers.
    private static let pieceSize = 1 << 16
}

extension ReadableFile {
    /// Where the last lines begin. A line without an end counts as one.
    ///
    /// - Parameters:
    ///   - count: how many lines, from 0.
    ///   - size: what lies beyond is not looked at.
    fileprivate func start(ofLast count: Int, before size: Int) async throws -> Int {
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
            // A log may have gigabytes: others want the thread too.
            await Task.yield()
            try Task.checkCancellation()
        }
        return 0
    }
}

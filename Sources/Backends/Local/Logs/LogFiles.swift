import Foundation
import Jobs
import Platform
import SystemPackage

/// The files of a replica's log: those that the supervisor has rotated, and the current one.
///
///     <replica>.log        the current file
///     <replica>.log.<n>    the earlier ones; n counts up over all attempts
///     <replica>.log.json   which files there are, once the log was rotated
///     <replica>.log.new    the next current file, for a moment
///
/// All places in a log are offsets in the complete output, also where the oldest files were removed.
struct LogFiles {
    /// What the supervisor recorded of one file.
    struct Entry: Codable, Equatable {
        let number: Int
        let inode: UInt64
        /// The length of the output before this file.
        let start: Int
    }

    /// A file that is open, with its place in the output.
    struct Part {
        let file: ReadableFile
        let name: String
        let start: Int

        /// The place of the byte after the last one.
        var end: Int {
            get throws(PlatformError) { start + min(try file.size, LogFiles.longest) }
        }

        /// Reads bytes from a place in the output. Empty at the end of the file.
        func readBytes(at place: Int, upTo count: Int) throws(PlatformError) -> [UInt8] {
            try file.readBytes(at: max(0, place - start), upTo: count)
        }
    }

    private struct Record: Codable {
        let files: [Entry]
    }

    /// A job can write any number into its records. Sums of two numbers up to this one do not overflow.
    private static let longest = 1 << 60
    private static let mostFiles = 1000

    private let replica: String
    private let folder: RunFolder
    /// Oldest first.
    private let entries: [Entry]

    /// Reads which files the log of a replica has. Returns nil if the replica has no order yet.
    init?(_ replica: String, in folder: RunFolder) {
        guard let attempt = folder.newestAttempt(of: replica),
            let order = folder.replica(replica, attempt: attempt).order
        else { return nil }
        self.replica = replica
        self.folder = folder
        entries = Self.recordedEntries(replica, folder) ?? [Entry(number: 1, inode: order.logInode, start: 0)]
    }

    private static func recordedEntries(_ replica: String, _ folder: RunFolder) -> [Entry]? {
        let record: Record? = try? RecordFile.readRecord(folder.url.appendingPathComponent("\(replica).log.json"))
        guard let entries = record?.files, 1...mostFiles ~= entries.count, entries[0].start >= 0,
            zip(entries, entries.dropFirst()).allSatisfy({ $0.start < $1.start && $0.number < $1.number }),
            entries.allSatisfy({ $0.start <= longest })
        else { return nil }
        return entries
    }

    /// The length of the output before the current file of a replica's log.
    static func startOfCurrentFile(_ replica: String, in folder: RunFolder) -> Int {
        recordedEntries(replica, folder)?.last?.start ?? 0
    }

    /// Removes the files of a replica's log.
    static func removeAll(_ replica: String, in folder: RunFolder) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.url.path)) ?? []
        for name in names where name == "\(replica).log" || name.hasPrefix("\(replica).log.") {
            try? FileManager.default.removeItem(at: folder.url.appendingPathComponent(name))
        }
    }

    /// Opens the file with the newest output. Returns nil if there is none, or another file has its name.
    func newestPart() throws(PlatformError) -> Part? {
        guard let last = entries.last else { return nil }
        return try open(last)
    }

    /// Opens the first file that begins after a place. Returns nil if there is none.
    func part(after place: Int = -1) throws(PlatformError) -> Part? {
        for entry in entries where entry.start > place {
            if let part = try open(entry) { return part }
        }
        return nil
    }

    /// Reads the output from a place on, from all files that have a part of it.
    func readBytes(from place: Int, upTo count: Int) throws(PlatformError) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, entry) in entries.enumerated() where bytes.count < count {
            let isBefore = index + 1 < entries.count && entries[index + 1].start <= place
            guard !isBefore, let part = try open(entry) else { continue }
            bytes += try part.readBytes(at: max(place, part.start), upTo: count - bytes.count)
        }
        return bytes
    }

    /// Finds the place of the last lines. A last line without a line break counts.
    ///
    /// - Parameters:
    ///   - count: the number of lines, from 0.
    ///   - end: where to begin the search, backwards. Later bytes are ignored.
    /// - Returns: the place, and the file that has it. It is the oldest place if there are fewer lines.
    func start(ofLastLines count: Int, before end: Int) async throws -> (Part, place: Int)? {
        var oldest: Part?
        var position = end
        var found = 0
        for entry in entries.reversed() {
            guard let part = try open(entry) else { break }
            guard count > 0 else { return (part, end) }
            // A file that the job has shortened ends before the next one begins.
            position = min(position, try part.end)
            while position > part.start {
                let start = max(part.start, position - (1 << 16))
                let bytes = try part.readBytes(at: start, upTo: position - start)
                for index in bytes.indices.reversed()
                where bytes[index] == UInt8(ascii: "\n") && start + index < end - 1 {
                    found += 1
                    if found == count { return (part, start + index + 1) }
                }
                position = start
                // A log may have gigabytes, so let other tasks run in between.
                await Task.yield()
                try Task.checkCancellation()
            }
            oldest = part
        }
        return oldest.map { ($0, $0.start) }
    }

    /// Opens a file under one of the names that it may have by now. Rotated files keep their names.
    private func open(_ entry: Entry) throws(PlatformError) -> Part? {
        let log = "\(replica).log"
        let names = ["\(log).new", log, "\(log).\(entry.number)"].suffix(
            entry == entries.last ? 3 : entry == entries.dropLast().last ? 2 : 1
        )
        for name in names {
            if let file = try openFile(name), file.inode == entry.inode {
                return Part(file: file, name: name, start: entry.start)
            }
        }
        return nil
    }

    /// Opens a regular file of the run's folder. Returns nil if there is none.
    private func openFile(_ name: String) throws(PlatformError) -> ReadableFile? {
        let key = folder.id.key
        do throws(PlatformError) {
            let names = [key.cluster, key.partition, key.id, String(folder.id.number), name]
            let file = try ReadableFile(below: folder.runs.path, names)
            // A job can change its records and put a link to a file of somebody else in place of its log. Only a log
            // that is in `logDir` too has a second name.
            let hasLink = file.names == 2 && (try? folder.request())?.0.job.logDir != nil
            return file.names == 1 || hasLink ? file : nil
        } catch .system(.invalidArgument, _, _), .system(.tooManySymbolicLinkLevels, _, _) {
            return nil
        } catch {
            guard error.isAbsence else { throw error }
            return nil
        }
    }
}
